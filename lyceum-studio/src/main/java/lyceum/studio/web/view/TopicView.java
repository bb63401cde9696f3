package lyceum.studio.web.view;

import java.util.List;

/** One topic: head, article, facts, lab or what is still to come. */
public record TopicView(TopicRow row, String areaHref, String article, List<Clause> clauses, List<TopicLink> needs, List<TopicLink> unlocks, List<TopicLink> near,
                        TopicLink previous, TopicLink next, String api, String apiHref, LabView lab, List<Tab> tabs) {

    /** A numbered acceptance clause and how it stands: {@code holds}, {@code fails} or {@code open}. */
    public record Clause(int number, String text, String state, String evidence) {}

    /** Text beside the lab that can be copied; {@code html} is highlighted source. */
    public record Tab(String id, String label, String note, String html, boolean wrap, String href, String hrefLabel) {}
}
