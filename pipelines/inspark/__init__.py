"""What Spark is asked where a spec says that it computes."""
