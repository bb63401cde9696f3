package lyceum.plot.render;

import java.awt.AWTError;
import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.font.TextLayout;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Set;
import lyceum.plot.Figure;
import lyceum.plot.FigureException;

/** Paints a figure as PNG, without a screen: the same layout as {@link Svg}, at twice its pixels unless told otherwise. */
public final class Png {
    private static final List<String> FONTS = List.of("Inter", "Liberation Sans", "Noto Sans", "Open Sans", "Helvetica", "Arial");
    private static final long MAX_PIXELS = 64_000_000;

    private final Theme theme;
    private final Graphics2D g;
    private final String family;

    private Png(Theme theme, Graphics2D g, String family) {
        this.theme = theme;
        this.g = g;
        this.family = family;
    }

    /** A PNG file of the figure, laid out 640 wide, two pixels to each. */
    public static byte[] write(Figure figure, Theme theme) { return write(figure, theme, Svg.WIDTH, 2); }

    /**
     * A PNG file of the figure.
     *
     * @param width of the layout, as for SVG; at least 160
     * @param scale pixels for each pixel of the layout, 0.5 to 8
     * @throws FigureException if the picture has over 64 million pixels, or the machine has no font at all
     */
    public static byte[] write(Figure figure, Theme theme, double width, double scale) {
        var image = paint(figure, theme, width, scale);
        return PixelPng.encode(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()), image.getWidth(),
                image.getHeight());
    }

    static BufferedImage paint(Figure figure, Theme theme, double width, double scale) {
        if (!(scale >= 0.5 && scale <= 8)) throw new FigureException("png: scale is " + scale + "; it lies between 0.5 and 8");
        var scene = Scenes.of(figure, Math.clamp(width, 160, 4_000));
        double margin = 16;
        int w = (int) Math.ceil((scene.width() + 2 * margin) * scale);
        int h = (int) Math.ceil((scene.height() + 2 * margin) * scale);
        if ((long) w * h > MAX_PIXELS) throw new FigureException(
                "png: the picture would have " + w + " x " + h + " pixels; at most " + MAX_PIXELS + ", so a smaller scale fits");
        var image = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
        var g = image.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            g.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
            g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
            g.setColor(new Color(Theme.rgb(theme.paper())));
            g.fillRect(0, 0, w, h);
            g.scale(scale, scale);
            g.translate(margin, margin);
            new Png(theme, g, family()).shapes(scene.shapes());
        } finally {
            g.dispose();
        }
        return image;
    }

    /** The machine's font that comes nearest to the page's. */
    private static String family() {
        try {
            var there = Set.of(GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames());
            return FONTS.stream().filter(there::contains).findFirst().orElse(Font.SANS_SERIF);
        } catch (RuntimeException | AWTError | LinkageError e) {
            throw new FigureException(
                    "png: this machine has no font to write with (on Debian: apt-get install fonts-dejavu-core fontconfig); svg needs none",
                    e);
        }
    }

    private void shapes(List<Scene.Shape> shapes) { for (var s : shapes) shape(s); }

    private void shape(Scene.Shape shape) {
        switch (shape) {
            case Scene.Polyline p -> {
                use(p.stroke(), p.opacity());
                g.setStroke(p.dash() > 0
                        ? new BasicStroke((float) p.width(), BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10,
                                new float[] {(float) p.dash(), (float) (p.dash() * 0.8)}, 0)
                        : new BasicStroke((float) p.width(), BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
                g.draw(path(p.x(), p.y(), false));
            }
            case Scene.Polygon p -> {
                use(p.fill(), p.opacity());
                g.fill(path(p.x(), p.y(), true));
            }
            case Scene.Rects r -> {
                use(r.fill(), r.opacity());
                var all = new Path2D.Double(Path2D.WIND_NON_ZERO, r.xywh().length * 2);
                for (int i = 0; i < r.xywh().length; i += 4)
                    all.append(new Rectangle2D.Double(r.xywh()[i], r.xywh()[i + 1], r.xywh()[i + 2], r.xywh()[i + 3]), false);
                g.fill(all);
            }
            case Scene.Dots d -> dots(d);
            case Scene.Box b -> {
                var box = new RoundRectangle2D.Double(b.x(), b.y(), b.width(), b.height(), 2 * b.radius(), 2 * b.radius());
                if (b.fill() != null) {
                    use(b.fill(), 1);
                    g.fill(box);
                }
                if (b.stroke() != null) {
                    use(b.stroke(), 1);
                    g.setStroke(new BasicStroke(1));
                    g.draw(box);
                }
            }
            case Scene.Text t -> text(t);
            case Scene.Raster r -> {
                use(Tone.Page.INK, 1);
                var pixels = new BufferedImage(r.columns(), r.rows(), BufferedImage.TYPE_INT_ARGB);
                pixels.setRGB(0, 0, r.columns(), r.rows(), r.argb(), 0, r.columns());
                g.drawImage(pixels, new AffineTransform(r.width() / r.columns(), 0, 0, r.height() / r.rows(), r.x(), r.y()), null);
            }
            case Scene.Moved m -> {
                var before = g.getTransform();
                g.translate(m.dx(), m.dy());
                shapes(m.shapes());
                g.setTransform(before);
            }
            case Scene.Clip c -> {
                var before = g.getClip();
                g.clip(new Rectangle2D.Double(c.x(), c.y(), c.width(), c.height()));
                shapes(c.shapes());
                g.setClip(before);
            }
        }
    }

    private void dots(Scene.Dots d) {
        for (int i = 0; i < d.x().length; i++) {
            var disc = new Ellipse2D.Double(d.x()[i] - d.radius(), d.y()[i] - d.radius(), 2 * d.radius(), 2 * d.radius());
            use(d.fill(), d.opacity());
            g.fill(disc);
            if (d.rim() == null) continue;
            use(d.rim(), 1);
            g.setStroke(new BasicStroke(0.8f));
            g.draw(disc);
        }
    }

    /** The layout measured the text with a usual font; one that runs wider is squeezed to it. */
    private void text(Scene.Text t) {
        if (t.text().isBlank()) return;
        var outline = new Path2D.Double();
        double advance = 0;
        for (var run : Exponents.runs(t.text())) {
            double size = run.raised() ? Exponents.SIZE * t.size() : t.size();
            var font = new Font(family, t.strong() ? Font.BOLD : Font.PLAIN, 1).deriveFont((float) size);
            var layout = new TextLayout(run.text(), font, g.getFontRenderContext());
            outline.append(layout.getOutline(AffineTransform.getTranslateInstance(advance, run.raised() ? -Exponents.RISE * t.size() : 0)),
                    false);
            advance += layout.getAdvance();
        }
        double given = TextWidth.of(t.text(), t.size()) * (t.strong() ? 1.05 : 1);
        double squeeze = Math.min(1, given / Math.max(1e-6, advance));
        double w = advance * squeeze;
        double x = switch (t.anchor()) {
            case START -> t.x();
            case MIDDLE -> t.x() - w / 2;
            case END -> t.x() - w;
        };
        outline.transform(new AffineTransform(squeeze, 0, 0, 1, x, t.y()));
        if (t.halo()) {
            use(Tone.Page.PAPER, 1);
            g.setStroke(new BasicStroke(3, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            g.draw(outline);
        }
        use(t.fill(), 1);
        g.fill(outline);
    }

    private static Path2D path(double[] x, double[] y, boolean closed) {
        var p = new Path2D.Double(Path2D.WIND_NON_ZERO, x.length + 1);
        for (int i = 0; i < x.length; i++) {
            if (i == 0) p.moveTo(x[0], y[0]);
            else p.lineTo(x[i], y[i]);
        }
        if (closed && x.length > 0) p.closePath();
        return p;
    }

    private void use(Tone tone, double opacity) {
        g.setColor(new Color(tone.in(theme)));
        g.setComposite(opacity < 1 ? AlphaComposite.getInstance(AlphaComposite.SRC_OVER, (float) opacity) : AlphaComposite.SrcOver);
    }
}
