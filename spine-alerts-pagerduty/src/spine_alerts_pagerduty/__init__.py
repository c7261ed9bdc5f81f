"""Spine alert channel for PagerDuty. The class is `spine_alerts_pagerduty.channel.PagerDutyChannel`."""
