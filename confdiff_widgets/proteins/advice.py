"""What to do if a kind of guidance is unavailable."""

THERMAL_ADVICE = (
    "Give a thermal network (--model, or model= in Python), which `confdiff train` makes from a "
    "recipe with temperature = 32 in its [network] table."
)

HEAD_ADVICE = (
    "Train a head with `confdiff train` and give its folder (--guidance-network, or "
    "guidance_network= in Python)."
)
