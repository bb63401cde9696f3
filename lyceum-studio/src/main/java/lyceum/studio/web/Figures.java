package lyceum.studio.web;

import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Panels;
import lyceum.plot.Plot;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;
import lyceum.plot.render.VegaLite;

/** Figures as they are set into a page, which says their titles itself. */
final class Figures {

    private Figures() {}

    /** The figure as SVG in the page's own colours. */
    static String inline(Figure figure, double width) {
        return Svg.inline(untitled(figure), width);
    }

    /** The figure for Vega-Lite in the colours of a theme, for a box so many pixels wide. */
    static String vegaLite(Figure figure, Theme theme, double width) {
        var spec = VegaLite.spec(untitled(figure), width);
        spec.set("config", VegaLite.config(theme));
        return spec.toString();
    }

    /** The figure without its title. */
    static Figure untitled(Figure figure) {
        return switch (figure) {
            case Plot plot -> plot.titled("");
            case Panels panels -> new Panels("", panels.description(), panels.columns(), panels.figures());
            case Frames frames -> new Frames("", frames.description(), frames.slider(), frames.labels(), frames.figures());
        };
    }
}
