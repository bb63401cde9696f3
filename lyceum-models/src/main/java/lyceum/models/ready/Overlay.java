package lyceum.models.ready;

import java.awt.AWTError;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;

/** A picture with what was found in it drawn over: boxes with their names, or classes as colours. Small pictures are enlarged so that the names can be read. */
public final class Overlay {
    /** Okabe and Ito's, which people of every sight tell apart. */
    private static final int[] COLOURS = {0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0x0072B2, 0xD55E00, 0xCC79A7};
    private static final int READABLE = 480;
    private static final double STRENGTH = 0.55;

    private final BufferedImage image;
    private final int scale;

    /** A copy of the picture, each side a whole multiple of its own. */
    public Overlay(Raster picture) {
        scale = Math.max(1, READABLE / Math.max(picture.width(), picture.height()));
        image = new BufferedImage(picture.width() * scale, picture.height() * scale, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) for (int x = 0; x < image.getWidth(); x++) {
            int rgb = 0;
            for (int c = 0; c < 3; c++)
                rgb = rgb << 8 | Math.clamp(Math.round(255 * picture.at(c % picture.channels(), y / scale, x / scale)), 0, 255);
            image.setRGB(x, y, rgb);
        }
    }

    /** Frames with names and scores in the colours of their classes. */
    public Overlay boxes(List<PictureModel.Seen> found, List<String> labels) {
        var g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setStroke(new BasicStroke(2));
        for (var f : found) {
            var colour = colour(Math.max(0, labels.indexOf(f.label())));
            g.setColor(colour);
            g.draw(new Rectangle2D.Double(f.left() * scale, f.top() * scale, (f.right() - f.left()) * scale,
                    (f.bottom() - f.top()) * scale));
            name(g, f.label() + String.format(Locale.ROOT, " %.2f", f.score()), f.left() * scale, f.top() * scale, colour);
        }
        g.dispose();
        return this;
    }

    /** Classes in colours over the picture, the first, the ground, left as it is; and a line that names them. */
    public Overlay classes(PictureModel.Divided divided) {
        for (int y = 0; y < image.getHeight(); y++) for (int x = 0; x < image.getWidth(); x++) {
            int kind = divided.kinds()[y / scale * divided.width() + x / scale];
            if (kind == 0) continue;
            int rgb = image.getRGB(x, y), over = COLOURS[(kind - 1) % COLOURS.length], mixed = 0;
            for (int shift = 16; shift >= 0; shift -= 8)
                mixed = mixed << 8 | (int) Math.round((1 - STRENGTH) * (rgb >> shift & 0xFF) + STRENGTH * (over >> shift & 0xFF));
            image.setRGB(x, y, mixed);
        }
        var g = image.createGraphics();
        var shown = new ArrayList<Integer>();
        double[] shares = divided.shares();
        for (int kind = 1; kind < shares.length; kind++) if (shares[kind] > 0) shown.add(kind);
        for (int i = 0; i < shown.size(); i++) name(g, divided.labels().get(shown.get(i)), 4, 20 * (i + 1.0), colour(shown.get(i) - 1));
        g.dispose();
        return this;
    }

    private static Color colour(int kind) { return new Color(COLOURS[kind % COLOURS.length]); }

    /** A machine without fonts has frames and no names. */
    private void name(Graphics2D g, String text, double left, double top, Color colour) {
        try {
            g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
            var metrics = g.getFontMetrics();
            double width = metrics.stringWidth(text) + 6, height = metrics.getHeight();
            double x = Math.clamp(left - 1, 0, Math.max(0, image.getWidth() - width)), y = top >= height ? top - height : top;
            g.setColor(colour);
            g.fill(new Rectangle2D.Double(x, y, width, height));
            g.setColor(Color.BLACK);
            g.drawString(text, (float) x + 3, (float) y + metrics.getAscent());
        } catch (LinkageError | AWTError | RuntimeException e) {
            return;
        }
    }

    /** Writes a PNG. */
    public void write(Path png) throws IOException { ImageFolder.write(image, png); }
}
