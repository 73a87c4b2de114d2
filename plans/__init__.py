"""What was promised: the plan as data, its interpreter (`plans.domain`) and its versions."""
