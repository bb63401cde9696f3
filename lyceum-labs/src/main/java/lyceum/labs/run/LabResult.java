package lyceum.labs.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.CheckResult;
import lyceum.labs.LabImage;
import lyceum.labs.LabTable;

/**
 * The result of a finished run; its JSON is what {@code lyceum run --json} prints.
 *
 * @param slug     the topic it was asked for
 * @param lab      fully qualified class name
 * @param title    the lab's
 * @param seed     the run's
 * @param params   Integer, Double, String or Boolean by name, in the order the lab asked for them
 * @param seconds  wall time
 * @param checks   in the order they were made
 * @param figures  in order
 * @param tables   in order
 * @param images   in order
 * @param said     in order
 * @param testMode whether it was a test
 * @param version  Lyceum's
 * @param machine  CPU, threads and JDK
 * @param date     when it ended, ISO 8601 in UTC
 */
public record LabResult(String slug, String lab, String title, long seed, Map<String, Object> params, double seconds,
        List<CheckResult> checks, List<FigureJson> figures, List<LabTable> tables, List<LabImage> images, List<String> said,
        boolean testMode, String version, String machine, String date) {

    /** Copies the collections. */
    public LabResult {
        params = Collections.unmodifiableMap(new LinkedHashMap<>(params));
        checks = List.copyOf(checks);
        figures = List.copyOf(figures);
        tables = List.copyOf(tables);
        images = List.copyOf(images);
        said = List.copyOf(said);
    }

    /** Whether no check fails. */
    public boolean noneFails() { return checks.stream().noneMatch(CheckResult::fails); }

    /** The result as one line of JSON. */
    public String toJson() { return LabJson.write(this); }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static LabResult fromJson(String json) { return LabJson.read(json, LabResult.class); }
}
