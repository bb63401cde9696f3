package lyceum.studio.web.view;

import java.util.List;

/**
 * A run of a lab: what it said, drew and checked.
 *
 * @param id      identifier of the run
 * @param state   {@code queued}, {@code running}, {@code done}, {@code failed} or {@code stopped}
 * @param items   what it said and drew, in order
 * @param checks  its checks
 * @param made    parameters, seed, duration, machine and date, in words
 * @param trouble why it failed or stopped, or null
 * @param events  number of events so far
 */
public record RunView(String id, String state, List<Item> items, List<Check> checks, String made, String trouble, long events) {

    public boolean live() {
        return state.equals("queued") || state.equals("running");
    }

    /** Something a lab emitted. */
    public sealed interface Item permits Said, Figure, Grid, Picture {}

    public record Said(String text) implements Item {}

    /** A figure: its files lie under {@code base}; {@code svg} is what is seen until it is interactive. */
    public record Figure(String title, String description, String base, String svg, Grid data) implements Item {}

    /** A table. */
    public record Grid(String title, List<String> columns, List<List<String>> rows, int more) implements Item {}

    public record Picture(String title, String alt, String source) implements Item {}

    /** A claim with what was measured. */
    public record Check(String topic, int clause, String name, String value, String bound, boolean holds, String clauseText) {}
}
