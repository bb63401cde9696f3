package lyceum.studio.web.view;

/** A topic as a link with its status. */
public record TopicLink(String slug, String title, String status) {}
