package lyceum.optim;

/** Why a minimiser stopped. */
public enum StopReason {
    /** The gradient's largest entry is within its tolerance. */
    GRADIENT("the largest entry of the gradient is within its tolerance", true),
    /** The value fell by no more than its tolerance. */
    VALUE("the value falls by no more than its tolerance", true),
    /** The point moved by no more than its tolerance. */
    STEP("the point moves by no more than its tolerance", true),
    /** The value has not changed beyond its last bits for several steps: no arithmetic of this width gets lower. */
    FLOOR("the value no longer changes beyond rounding", true),
    /** The conditions of optimality under constraints hold within their tolerance. */
    OPTIMAL("the conditions of optimality hold within their tolerance", true),
    /** No point satisfies the constraints; a certificate proves it. */
    INFEASIBLE("the constraints contradict each other; the multipliers prove it", false),
    /** The objective falls for ever along a ray; the ray proves it. */
    UNBOUNDED("the objective falls for ever along the ray x", false),
    /** Steps are used up. */
    ITERATIONS("the permitted iterations are used up", false),
    /** Evaluations are used up. */
    EVALUATIONS("the permitted evaluations are used up", false),
    /** Along a direction in which the gradient promises descent, no lower point was found: nearly always a wrong gradient. */
    LINE_SEARCH("no lower value was found along a direction of descent; check the gradient against finite differences", false),
    /** The value or the gradient is not finite at the start. */
    NOT_FINITE("the value or the gradient at the start is not finite", false),
    /** The value or the gradient has stopped being finite. */
    DIVERGED("the values grew until they were no longer finite; the step is too long, or there is no minimum", false);

    private final String sentence;
    private final boolean converged;

    StopReason(String sentence, boolean converged) {
        this.sentence = sentence;
        this.converged = converged;
    }

    /** True if the minimiser did what it was asked to. */
    public boolean converged() { return converged; }

    /** The reason as a clause of a sentence. */
    @Override public String toString() { return sentence; }
}
