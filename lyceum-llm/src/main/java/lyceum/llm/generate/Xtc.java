package lyceum.llm.generate;

/**
 * "Exclude top choices": now and then, where several tokens are likely enough, only the least likely of them is left, with all that are unlikelier. It costs one
 * number of the request's stream a token, whether it acts or not.
 *
 * @param probability with which it acts at a token, 0 to 1
 * @param threshold tokens of at least this probability count as top choices; above 0.5 it never acts
 */
public record Xtc(double probability, double threshold) {
    /** It never acts. */
    public static final Xtc OFF = new Xtc(0, 0.1);

    public Xtc {
        if (!(probability >= 0 && probability <= 1) || !(threshold > 0 && threshold <= 1)) throw new IllegalArgumentException(
                "Xtc: probability " + probability + " and threshold " + threshold + "; 0 to 1, and above 0 to 1");
    }

    /** The step for one request. */
    public LogitProcessor processor() {
        return (row, _, stream) -> {
            if (stream.nextDouble() < probability) row.dropLikelier(row.logSum() + Math.log(threshold));
        };
    }
}
