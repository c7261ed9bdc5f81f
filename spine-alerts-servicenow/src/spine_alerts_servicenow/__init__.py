"""Spine alert channel for ServiceNow. The class is `spine_alerts_servicenow.channel.ServiceNowChannel`."""
