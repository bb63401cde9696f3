package lyceum.studio.web.view;

import java.util.List;

/**
 * The prerequisites as a picture: a band an area, a step to the right for each step of reading before a topic.
 *
 * @param steps positions of the steps' rules
 */
public record MapView(int width, int height, List<Step> steps, List<Band> bands) {

    public record Step(int x, int depth) {}

    /** An area with its topics. */
    public record Band(String name, String href, int y, int height, List<Dot> dots) {}

    /** A topic: where it stands, and the slugs of what to read before. */
    public record Dot(String slug, String title, String status, int x, int y, String needs) {}
}
