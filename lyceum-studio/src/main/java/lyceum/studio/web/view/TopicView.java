package lyceum.studio.web.view;

import java.util.List;

/** One topic: head, article, facts, lab or what is still to come. */
public record TopicView(TopicRow row, String areaHref, Read read, List<Clause> clauses, String amended, List<TopicLink> needs,
        List<TopicLink> unlocks, List<TopicLink> near, TopicLink previous, TopicLink next, String api, String apiHref, LabView lab,
        List<Tab> tabs) {

    /**
     * What there is to read.
     *
     * @param html    the article; empty where none is written
     * @param minutes how long it takes
     * @param sources what it rests on
     * @param citedBy the topics whose articles link to this one
     * @param remarks on how clauses are checked; may be empty
     */
    public record Read(String html, int minutes, List<Source> sources, List<TopicLink> citedBy, String remarks) {}

    /** A work, and where it can be read or an empty text. */
    public record Source(String text, String address) {}

    /**
     * A numbered acceptance clause and how it stands: {@code holds}, {@code fails} or {@code open}; of an amended one what holds
     * instead and why, else two empty texts.
     */
    public record Clause(int number, String text, String state, String evidence, String instead, String why) {}

    /** Text beside the lab that can be copied; {@code html} is highlighted source. */
    public record Tab(String id, String label, String note, String html, boolean wrap, String href, String hrefLabel) {}
}
