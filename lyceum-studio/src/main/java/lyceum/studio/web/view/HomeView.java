package lyceum.studio.web.view;

import java.util.List;

/**
 * The first page.
 *
 * @param live    figures of labs that ran here
 * @param waiting labs that are still computing theirs
 * @param areas   areas with their counts
 * @param tries   searches worth a try
 */
public record HomeView(List<Live> live, int waiting, List<AreaLine> areas, List<String> tries) {

    /** A lab's figure, a sentence and its topic. */
    public record Live(String slug, String title, String sentence, String figure, String alt) {}
}
