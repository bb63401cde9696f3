package lyceum.studio.web.view;

import java.util.List;

/**
 * What {@code lyceum fit} found.
 *
 * @param lines the study in words
 * @param warnings what must be looked at first
 */
public record ReportView(String title, String task, List<String> lines, List<String> warnings, List<Column> columns, List<Picture> pictures,
        String settings) {

    /** A column of the table and how it is taken. */
    public record Column(String name, String kind, String reason, int missing, int distinct, boolean out) {}

    /** A figure as SVG. */
    public record Picture(String title, String description, String svg) {}
}
