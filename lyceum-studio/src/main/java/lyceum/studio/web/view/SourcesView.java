package lyceum.studio.web.view;

import java.util.List;

/** Works by the letter that their first author begins with. */
public record SourcesView(int count, List<Letter> letters) {

    /** The works of a letter. */
    public record Letter(String name, List<Work> works) {}

    /** A work, where it can be read or an empty text, and the topics whose articles name it. */
    public record Work(String text, String address, List<TopicLink> topics) {}
}
