package lyceum.labs.run;

import java.util.Map;
import lyceum.labs.CheckResult;

/**
 * What a list of runs shows of a stored one.
 *
 * @param id      to fetch it by: 24 hexadecimal digits
 * @param slug    the topic
 * @param title   the lab's
 * @param seed    the run's
 * @param params  as in {@link LabResult}
 * @param seconds wall time
 * @param checks  how many were judged: those of clauses under other settings are not
 * @param holding how many of them held
 * @param date    when it ended
 */
public record StoredRun(String id, String slug, String title, long seed, Map<String, Object> params, double seconds, int checks,
        int holding, String date) {

    /** Whether every part of it is there: it may come from a damaged file. */
    boolean whole() { return id != null && slug != null && title != null && params != null && date != null; }

    static StoredRun of(String id, LabResult r) {
        return new StoredRun(id, r.slug(), r.title(), r.seed(), r.params(), r.seconds(),
                (int) r.checks().stream().filter(CheckResult::judged).count(), (int) r.checks().stream().filter(CheckResult::holds).count(),
                r.date());
    }
}
