"""The paper's user study (section 4.5): people choose among methods' crops without their names."""
