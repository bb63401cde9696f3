package lyceum.studio.web.view;

import java.util.List;

/** All areas, in families that a person would look under. */
public record AreasView(List<Family> families) {

    /** Areas of one kind. */
    public record Family(String name, String id, List<Area> areas) {}

    /** An area with its topics in reading order. */
    public record Area(AreaLine line, String blurb, List<TopicLink> topics) {}
}
