package lyceum.labs.run;

import java.time.Duration;
import java.util.Map;
import lyceum.labs.Lab;
import lyceum.labs.LabContext;

/**
 * Which lab to run, with which parameters.
 *
 * @param slug     the topic it was asked for
 * @param labClass fully qualified name of the class annotated with {@link Lab}
 * @param params   values by name, as text; what is not named takes its default
 * @param seed     1 by default
 * @param testMode see {@link LabContext#testMode}
 * @param budget   the time it may take, 60 s by default
 */
public record LabRequest(String slug, String labClass, Map<String, String> params, long seed, boolean testMode, Duration budget) {

    /** Copies the parameters. */
    public LabRequest {
        params = Map.copyOf(params);
    }

    /** A run with default parameters, seed 1 and 60 s. */
    public static LabRequest of(String slug, String labClass) {
        return new LabRequest(slug, labClass, Map.of(), 1, false, Duration.ofSeconds(60));
    }

    /** With these parameters. */
    public LabRequest withParams(Map<String, String> params) { return new LabRequest(slug, labClass, params, seed, testMode, budget); }

    /** With another seed. */
    public LabRequest withSeed(long seed) { return new LabRequest(slug, labClass, params, seed, testMode, budget); }

    /** As a test. */
    public LabRequest asTest() { return new LabRequest(slug, labClass, params, seed, true, budget); }

    /** With another time budget. */
    public LabRequest within(Duration budget) { return new LabRequest(slug, labClass, params, seed, testMode, budget); }
}
