package lyceum.studio.web.view;

import java.util.List;

/**
 * The first page.
 *
 * @param live    figures of labs that ran here
 * @param waiting labs that are still computing theirs, without figure
 * @param areas   areas with their counts
 * @param tries   searches worth a try
 * @param field   every topic as a dot
 */
public record HomeView(List<Live> live, List<Live> waiting, List<AreaLine> areas, List<String> tries, Field field) {

    /** Every topic as a dot, areas after each other: a path for each status. */
    public record Field(int width, int height, String works, String partial, String planned, int running) {}

    /** A lab's figure as SVG, a sentence, its topic, and how it was made. */
    public record Live(String slug, String title, String sentence, String svg, String alt, String made) {}
}
