package lyceum.plot.render;

import java.util.Base64;
import java.util.List;
import java.util.Locale;
import lyceum.plot.Figure;

/**
 * Writes a figure as SVG: small, well-formed, without scripts, style sheets or references to anything outside, so a strict
 * Content-Security-Policy takes it ({@code img-src data:} is needed for heatmaps and images alone).
 * The figure's title and description stand in {@code <title>} and {@code <desc>}, on a page in {@code aria-label}.
 */
public final class Svg {
    /** Width in pixels when none is given. */
    public static final double WIDTH = 640;

    private static final String FONT = "Inter Variable,Inter,system-ui,sans-serif";

    private final Theme theme;
    private final boolean onPage;
    private final StringBuilder out = new StringBuilder(8_192);

    private Svg(Theme theme, boolean onPage) {
        this.theme = theme;
        this.onPage = onPage;
    }

    /** A stand-alone picture, 640 pixels wide, on the theme's paper. */
    public static String write(Figure figure, Theme theme) { return write(figure, theme, WIDTH); }

    /** A stand-alone picture on the theme's paper, {@code width} pixels wide (at least 160); its height follows. */
    public static String write(Figure figure, Theme theme, double width) {
        return new Svg(theme, false).document(Scenes.of(figure, size(width)), figure);
    }

    /**
     * A picture to be set into a page, without paper of its own. Its colours are the page's custom properties
     * {@code --paper --surface --ink --quiet --line}, {@code --series-1} to {@code --series-10} and {@code --series-1-text} to
     * {@code --series-10-text}, so it follows the page's theme; where the page does not set one, the light theme's colour stands.
     * {@link #properties(Theme)} gives them all.
     */
    public static String inline(Figure figure, double width) {
        return new Svg(Theme.LIGHT, true).document(Scenes.of(figure, size(width)), figure);
    }

    /** The same for a box so high: a plot with axes fills it, unless a unit is as long on both; the height of anything else follows its width. */
    public static String inline(Figure figure, double width, double height) {
        return new Svg(Theme.LIGHT, true).document(Scenes.in(figure, size(width), size(height)), figure);
    }

    private static double size(double asked) { return Math.clamp(asked, 160, 4_000); }

    /** The custom properties that {@link #inline} reads, as CSS declarations. */
    public static String properties(Theme theme) {
        var css = new StringBuilder();
        css.append("--paper:").append(theme.paper()).append(";--surface:").append(theme.surface()).append(";--ink:").append(theme.ink())
                .append(";--quiet:").append(theme.quiet()).append(";--line:").append(theme.line()).append(';');
        for (int i = 0; i < theme.series().size(); i++) {
            css.append("--series-").append(i + 1).append(':').append(theme.series(i)).append(";--series-").append(i + 1).append("-text:")
                    .append(theme.seriesText(i)).append(';');
        }
        return css.toString();
    }

    private String document(Scene scene, Figure figure) {
        double margin = onPage ? 0 : 16;
        double w = scene.width() + 2 * margin;
        double h = scene.height() + 2 * margin;
        out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"").append(n(-margin)).append(' ').append(n(-margin)).append(' ')
                .append(n(w)).append(' ').append(n(h)).append("\" width=\"").append(n(w)).append("\" height=\"").append(n(h))
                .append("\" role=\"img\" font-family=\"").append(FONT).append('"');
        name(figure);
        if (!onPage) out.append("<rect x=\"").append(n(-margin)).append("\" y=\"").append(n(-margin))
                .append("\" width=\"100%\" height=\"100%\"").append(fill(Tone.Page.PAPER, 1)).append("/>");
        shapes(scene.shapes());
        return out.append("</svg>\n").toString();
    }

    /** On a page a label, since a title would follow the pointer as a tooltip over the whole picture. */
    private void name(Figure figure) {
        var name = figure.title().isEmpty() ? figure.description() : figure.title();
        if (onPage) {
            boolean both = !figure.title().isEmpty() && !figure.description().isEmpty();
            out.append(" aria-label=\"").append(escaped(both ? name + ". " + figure.description() : name)).append("\">");
            return;
        }
        out.append("><title>").append(escaped(name)).append("</title>");
        if (!figure.description().isEmpty()) out.append("<desc>").append(escaped(figure.description())).append("</desc>");
    }

    private void shapes(List<Scene.Shape> shapes) { for (var s : shapes) shape(s); }

    private void shape(Scene.Shape shape) {
        switch (shape) {
            case Scene.Polyline p -> {
                out.append("<path d=\"");
                path(p.x(), p.y());
                out.append("\" fill=\"none\"").append(color("stroke", p.stroke(), p.opacity())).append(attribute("stroke-width", p.width()))
                        .append(" stroke-linejoin=\"round\"");
                if (p.dash() > 0) out.append(" stroke-dasharray=\"").append(n(p.dash())).append(' ').append(n(p.dash() * 0.8)).append('"');
                out.append("/>");
            }
            case Scene.Polygon p -> {
                out.append("<path d=\"");
                path(p.x(), p.y());
                out.append("z\"").append(fill(p.fill(), p.opacity())).append("/>");
            }
            case Scene.Rects r -> {
                out.append("<path d=\"");
                var v = r.xywh();
                for (int i = 0; i < v.length; i += 4) {
                    out.append('M').append(n(v[i])).append(' ').append(n(v[i + 1])).append('h').append(n(v[i + 2])).append('v')
                            .append(n(v[i + 3])).append('h').append(n(-v[i + 2])).append('z');
                }
                out.append('"').append(fill(r.fill(), r.opacity())).append(v.length > 400 ? " shape-rendering=\"crispEdges\"" : "")
                        .append("/>");
            }
            case Scene.Dots d -> dots(d);
            case Scene.Box b -> {
                out.append("<rect").append(attribute("x", b.x())).append(attribute("y", b.y())).append(attribute("width", b.width()))
                        .append(attribute("height", b.height())).append(attribute("rx", b.radius()));
                out.append(b.fill() == null ? " fill=\"none\"" : fill(b.fill(), 1))
                        .append(b.stroke() == null ? "" : color("stroke", b.stroke(), 1)).append("/>");
            }
            case Scene.Text t -> text(t);
            case Scene.Raster r -> {
                out.append("<image").append(attribute("x", r.x())).append(attribute("y", r.y())).append(attribute("width", r.width()))
                        .append(attribute("height", r.height()));
                out.append(" preserveAspectRatio=\"none\" image-rendering=\"pixelated\" href=\"data:image/png;base64,")
                        .append(Base64.getEncoder().encodeToString(PixelPng.encode(r.argb(), r.columns(), r.rows()))).append("\"/>");
            }
            case Scene.Moved m -> {
                out.append("<g transform=\"translate(").append(n(m.dx())).append(' ').append(n(m.dy())).append(")\">");
                shapes(m.shapes());
                out.append("</g>");
            }
            // An inner svg clips to its box without an id, and ids would collide where a page holds several figures.
            case Scene.Clip c -> {
                out.append("<svg").append(attribute("x", c.x())).append(attribute("y", c.y())).append(attribute("width", c.width()))
                        .append(attribute("height", c.height()));
                out.append(" viewBox=\"").append(n(c.x())).append(' ').append(n(c.y())).append(' ').append(n(c.width())).append(' ')
                        .append(n(c.height())).append("\" overflow=\"hidden\">");
                shapes(c.shapes());
                out.append("</svg>");
            }
        }
    }

    /** Discs with a rim are circles; without, one path of zero-length strokes with round caps, a quarter of the text. */
    private void dots(Scene.Dots d) {
        if (d.rim() == null) {
            out.append("<path d=\"");
            for (int i = 0; i < d.x().length; i++) out.append('M').append(n(d.x()[i])).append(' ').append(n(d.y()[i])).append("h0");
            out.append("\" stroke-linecap=\"round\"").append(attribute("stroke-width", 2 * d.radius()))
                    .append(color("stroke", d.fill(), d.opacity())).append("/>");
            return;
        }
        out.append("<g").append(fill(d.fill(), d.opacity())).append(color("stroke", d.rim(), 1)).append(" stroke-width=\"0.8\">");
        for (int i = 0; i < d.x().length; i++)
            out.append("<circle").append(attribute("cx", d.x()[i])).append(attribute("cy", d.y()[i])).append(attribute("r", d.radius()))
                    .append("/>");
        out.append("</g>");
    }

    private void text(Scene.Text t) {
        out.append("<text").append(attribute("x", t.x())).append(attribute("y", t.y())).append(attribute("font-size", t.size()))
                .append(fill(t.fill(), 1));
        if (t.anchor() != Scene.Anchor.START)
            out.append(" text-anchor=\"").append(t.anchor() == Scene.Anchor.END ? "end" : "middle").append('"');
        if (t.strong()) out.append(" font-weight=\"600\"");
        if (t.halo())
            out.append(color("stroke", Tone.Page.PAPER, 1)).append(" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"");
        out.append('>');
        boolean up = false;
        for (var run : Exponents.runs(t.text())) {
            if (run.raised() == up) {
                out.append(escaped(run.text()));
            } else {
                up = run.raised();
                out.append("<tspan").append(attribute("dy", (up ? -1 : 1) * Exponents.RISE * t.size()))
                        .append(up ? attribute("font-size", Exponents.SIZE * t.size()) : "");
                out.append('>').append(escaped(run.text())).append("</tspan>");
            }
        }
        out.append("</text>");
    }

    private void path(double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) out.append(i == 0 ? 'M' : 'L').append(n(x[i])).append(' ').append(n(y[i]));
    }

    private String fill(Tone tone, double opacity) { return color("fill", tone, opacity); }

    private String color(String attribute, Tone tone, double opacity) {
        var value = Theme.hex(tone.in(theme));
        if (onPage) {
            value = switch (tone) {
                case Tone.Page p -> "var(--" + p.name().toLowerCase(Locale.ROOT) + "," + value + ")";
                case Tone.Data d -> "var(--series-" + place(d.index()) + "," + value + ")";
                case Tone.DataText d -> "var(--series-" + place(d.index()) + "-text," + value + ")";
                case Tone.Fixed _ -> value;
            };
        }
        return " " + attribute + "=\"" + value + "\"" + (opacity < 1 ? " " + attribute + "-opacity=\"" + n(opacity) + "\"" : "");
    }

    private int place(int index) { return Math.floorMod(index, theme.series().size()) + 1; }

    private static String attribute(String name, double value) { return " " + name + "=\"" + n(value) + "\""; }

    /** A tenth of a pixel is enough for places, a hundredth for small values. */
    static String n(double v) {
        double unit = Math.abs(v) < 2 ? 100 : 10;
        long scaled = Math.round(v * unit);
        if (scaled % (long) unit == 0) return Long.toString(scaled / (long) unit);
        var s = Double.toString(scaled / unit);
        return s.startsWith("0.") ? s.substring(1) : s.startsWith("-0.") ? "-" + s.substring(2) : s;
    }

    static String escaped(String s) {
        var b = new StringBuilder(s.length() + 8);
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '&' -> b.append("&amp;");
                case '<' -> b.append("&lt;");
                case '>' -> b.append("&gt;");
                case '"' -> b.append("&quot;");
                case '\'' -> b.append("&#39;");
                default -> b.append(c);
            }
        }
        return b.toString();
    }
}
