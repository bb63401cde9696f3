package lyceum.studio.web.view;

import java.util.List;

/**
 * A lab beside its article.
 *
 * @param title   what it shows
 * @param slug    the topic it is opened from
 * @param params  its parameters
 * @param seed    seed of the form
 * @param budget  its time and memory, in words
 * @param quick   whether its last run took under a second, so that a slider runs it
 * @param run     the run to show, or null
 * @param runnable whether it can run here
 */
public record LabView(String title, String slug, List<Param> params, long seed, String budget, boolean quick, RunView run,
        boolean runnable) {

    /** A number with bounds, one of several words, a line of at most {@code max} characters, which has no step, or a drawing on a sheet of side {@code pad}. */
    public record Param(String name, String label, String value, String initial, String min, String max, String step, boolean integer,
            List<String> choices, int pad) {

        /** A switch: true or false. */
        public boolean flag() { return choices.equals(List.of("true", "false")); }

        public boolean choice() { return !choices.isEmpty(); }

        /** A line of text. */
        public boolean text() { return !choice() && !drawing() && step.isEmpty(); }

        public boolean drawing() { return pad > 0; }
    }
}
