package lyceum.llm.eval;

/**
 * What a finished training came to. Each is a run of its own, its learning rate decayed: the middle of a longer one is too high.
 *
 * @param parameters N, counted in one way throughout
 * @param tokens D that were read
 * @param loss held-out, nats a token
 */
public record ScalingRun(double parameters, double tokens, double loss) {
    public ScalingRun {
        if (!(parameters > 0 && tokens > 0 && loss > 0 && parameters * tokens * loss < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ScalingRun: " + parameters + " parameters, " + tokens + " tokens, a loss of " + loss
                    + "; all are positive and finite");
    }

    /** 6 N D. */
    public double flops() { return ScalingLaw.FLOPS * parameters * tokens; }
}
