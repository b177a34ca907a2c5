import { sensorSection } from '../sensors.ts';

export default sensorSection('temperatures', { name: 'celsius', unit: 'celsius', help: 'Temperature.', head: 'degC' }, [
  { collector: 'hwmon', table: 'sensors', metric: /^node_hwmon_temp_celsius$/ },
  { collector: 'thermal_zone', table: 'zones', metric: /^node_thermal_zone_temp$/ },
]);
