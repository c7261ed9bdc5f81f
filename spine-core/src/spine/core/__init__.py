"""Errors, results, the scope and its clock, durations, ids, hashes and secrets; imports no other package of Spine."""
