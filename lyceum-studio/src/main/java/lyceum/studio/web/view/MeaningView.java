package lyceum.studio.web.view;

import java.util.List;

/** Topics beside those that say alike things. The axes mean nothing. */
public record MeaningView(int width, int height, List<Label> labels, List<MapView.Dot> dots) {

    /** The name of an area amid its topics. */
    public record Label(String name, String href, int x, int y) {}
}
