package lyceum.studio.web;

import java.util.List;
import lyceum.plot.Audio;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Panels;
import lyceum.plot.Plot;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;
import lyceum.plot.render.VegaLite;
import tools.jackson.databind.node.ObjectNode;

/** Figures as they are set into a page, which says their titles itself. Of a sequence one figure is seen at a time, under the page's slider. */
final class Figures {

    private Figures() {}

    /** The figure as SVG in the page's own colours; of a sequence the figure that is seen first. */
    static String inline(Figure figure, double width) { return Svg.inline(seen(figure, first(figure)), width); }

    /** The same, filling a box so high where it is a plot with axes. */
    static String inline(Figure figure, double width, double height) { return Svg.inline(seen(figure, first(figure)), width, height); }

    /** Where a page stands: at which figure of a sequence, and from where a cloud is seen, in degrees. */
    record View(int frame, double turn, double tilt) {
        /** A cloud as it is seen at first. */
        static View at(int frame) { return new View(frame, Cloud.TURN, Cloud.TILT); }
    }

    /** The figure for Vega-Lite in the colours of a theme, for a box so many pixels wide. */
    static String vegaLite(Figure figure, Theme theme, double width, View view) {
        ObjectNode spec;
        int frame = view.frame;
        if (figure instanceof Cloud cloud) {
            spec = VegaLite.spec(untitled(cloud), width);
            for (var parameter : spec.get("params"))
                ((ObjectNode) parameter).put("value", parameter.path("name").asString().equals("turn") ? view.turn : view.tilt)
                        .remove("bind");
        } else if (figure instanceof Frames frames && VegaLite.slides(frames)) {
            spec = VegaLite.spec(untitled(frames), width);
            ((ObjectNode) spec.get("params").get(0)).put("value", place(frames.thinned(VegaLite.MAX_FRAMES), frame)).remove("bind");
        } else {
            spec = VegaLite.spec(seen(figure, frame), width);
        }
        spec.set("config", VegaLite.config(theme));
        return spec.toString();
    }

    /** Where the slider of a sequence stands at first. */
    static int first(Figure figure) { return figure instanceof Frames frames ? frames.thinned(VegaLite.MAX_FRAMES).first() : 0; }

    /** What a slider over the figure passes through; none where there is nothing to slide. */
    static List<String> labels(Figure figure) {
        return figure instanceof Frames frames && frames.figures().size() > 1 ? frames.thinned(VegaLite.MAX_FRAMES).labels() : List.of();
    }

    private static Figure seen(Figure figure, int frame) {
        if (!(figure instanceof Frames all) || all.figures().isEmpty()) return untitled(figure);
        var frames = all.thinned(VegaLite.MAX_FRAMES);
        return untitled(frames.figures().get(place(frames, frame)));
    }

    private static int place(Frames frames, int frame) { return Math.clamp(frame, 0, frames.figures().size() - 1); }

    /** The figure without its title. */
    static Figure untitled(Figure figure) {
        return switch (figure) {
            case Plot plot -> plot.titled("");
            case Panels panels -> new Panels("", panels.description(), panels.columns(), panels.figures());
            case Frames frames -> new Frames("", frames.description(), frames.slider(), frames.labels(), frames.figures(), frames.start());
            case Audio audio -> audio.titled("");
            case Cloud cloud -> cloud.titled("");
        };
    }
}
