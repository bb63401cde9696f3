package lyceum.plot;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * A small image.
 *
 * @param caption a few words under it, may be empty
 * @param width in pixels
 * @param height in pixels
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param pixels row by row from the top, the channels of a pixel together
 */
public record Image(String caption, int width, int height, int channels, Numbers pixels) {
    /** Checks and cleans. */
    public Image {
        caption = Check.text("image caption", caption, Check.LABEL);
        Check.present("image pixels", pixels);
        if (channels != 1 && channels != 3)
            throw new FigureException("image '" + caption + "' has " + channels + " channels; 1 (grey) or 3 (red, green, blue)");
        if (width < 0 || height < 0 || width > 8_192 || height > 8_192)
            throw new FigureException("image '" + caption + "' is " + width + " x " + height + "; each side is 0 to 8192 pixels");
        if ((long) width * height * channels != pixels.size()) {
            throw new FigureException("image '" + caption + "': " + width + " x " + height + " x " + channels + " pixels need "
                    + (long) width * height * channels + " values and there are " + pixels.size());
        }
    }

    /**
     * A grey image.
     *
     * @param caption a few words under it
     * @param rows pixel values, row by row from the top, all rows of one length
     */
    public static Image gray(String caption, double[][] rows) {
        var flat = Numbers.flat("image '" + caption + "'", rows);
        return new Image(caption, rows.length == 0 ? 0 : rows[0].length, rows.length, 1, flat);
    }

    /**
     * A grey image from one flat array, as datasets hold them.
     *
     * @param caption a few words under it
     * @param width pixels in a row
     * @param pixels row by row from the top
     */
    public static Image gray(String caption, int width, double... pixels) {
        if (width < 1) throw new FigureException("image '" + caption + "' is " + width + " pixels wide; at least 1");
        return new Image(caption, width, pixels.length / width, 1, Numbers.of(pixels));
    }

    /** A grey image whose pixels are the rows of a tensor {@code (height, width)}. */
    public static Image gray(String caption, Tensor rows) { return gray(caption, rows.toRows()); }

    /** A grey image whose pixels are the values of a tensor, row by row from the top, {@code width} in a row. */
    public static Image gray(String caption, int width, Tensor pixels) { return gray(caption, width, pixels.toDoubleArray()); }

    /**
     * A colour image from its three planes, equal in size.
     *
     * @param caption a few words under it
     * @param red rows of the red plane
     * @param green rows of the green plane
     * @param blue rows of the blue plane
     */
    public static Image rgb(String caption, double[][] red, double[][] green, double[][] blue) {
        var r = Numbers.flat("red plane", red);
        var g = Numbers.flat("green plane", green);
        var b = Numbers.flat("blue plane", blue);
        Check.sameLength("image '" + caption + "'", "red", r.size(), "green", g.size());
        Check.sameLength("image '" + caption + "'", "red", r.size(), "blue", b.size());
        var pixels = new double[3 * r.size()];
        for (int i = 0; i < r.size(); i++) {
            pixels[3 * i] = r.get(i);
            pixels[3 * i + 1] = g.get(i);
            pixels[3 * i + 2] = b.get(i);
        }
        return new Image(caption, red.length == 0 ? 0 : red[0].length, red.length, 3, Numbers.of(pixels));
    }

    /** A colour image from a tensor of its three planes, {@code (3, height, width)}. */
    public static Image rgb(String caption, Tensor planes) {
        if (planes.rank() != 3 || planes.size(0) != 3)
            throw new FigureException("image '" + caption + "' is of a tensor " + planes.shape() + "; (3, height, width)");
        return rgb(caption, planes.get(0).toRows(), planes.get(1).toRows(), planes.get(2).toRows());
    }

    /** With frames of value 1, about a pixel wide, along the sides of boxes {@code (n, 4)}: left, top, right, bottom in pixels, the ends excluded. */
    public Image framed(Tensor boxes) {
        if (boxes.rank() != 2 || boxes.size(1) != 4)
            throw new FigureException("image '" + caption + "': boxes " + boxes.shape() + "; (n, 4)");
        double[] drawn = pixels.toArray();
        for (double[] b : boxes.toRows()) for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) {
            double out = Math.max(Math.max(b[0] - x, x + 1 - b[2]), Math.max(b[1] - y, y + 1 - b[3])); // how far beyond a side
            int at = (y * width + x) * channels;
            if (out > -1 && out < 1) Arrays.fill(drawn, at, at + channels, 1);
        }
        return new Image(caption, width, height, channels, Numbers.of(drawn));
    }
}
