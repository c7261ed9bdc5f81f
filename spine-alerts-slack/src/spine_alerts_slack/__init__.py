"""Spine alert channel for Slack. The class is `spine_alerts_slack.channel.SlackChannel`."""
