import { sensorSection } from '../sensors.ts';

export default sensorSection('power', { name: 'watts', unit: 'watts', help: 'Power drawn.', head: 'W' }, [
  { collector: 'hwmon', table: 'sensors', metric: /^node_hwmon_power(_average|_input)?_watt$/ },
  { collector: 'rapl', table: 'rapl', metric: /^node_rapl_.+_joules_total$/ },
]);
