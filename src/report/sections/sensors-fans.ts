import { sensorSection } from '../sensors.ts';

export default sensorSection('fans', { name: 'rpm', unit: 'rpm', help: 'Turns a minute.', head: 'rpm' }, [
  { collector: 'hwmon', table: 'sensors', metric: /^node_hwmon_fan_rpm$/ },
]);
