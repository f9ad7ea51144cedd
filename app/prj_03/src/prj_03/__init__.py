"""Reports: what each sensor said within a day or an hour, made once, however often it is asked for."""
