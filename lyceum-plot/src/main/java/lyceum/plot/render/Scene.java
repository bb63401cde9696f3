package lyceum.plot.render;

import java.util.List;

/**
 * A figure laid out: primitives at pixel places, y downwards.
 *
 * @param width in pixels
 * @param height in pixels
 * @param shapes from back to front
 */
record Scene(double width, double height, List<Shape> shapes) {

    /** Where a text's x is. */
    enum Anchor {
        START, MIDDLE, END
    }

    /** What a scene is made of. */
    sealed interface Shape {}

    /** A stroked line; dash 0 is solid. */
    record Polyline(double[] x, double[] y, Tone stroke, double width, double dash, double opacity) implements Shape {}

    /** A filled outline. */
    record Polygon(double[] x, double[] y, Tone fill, double opacity) implements Shape {}

    /** Filled rectangles of one colour: x, y, width, height, x, ... */
    record Rects(double[] xywh, Tone fill, double opacity) implements Shape {}

    /** Discs of one size and colour, each with a thin rim (null: none). */
    record Dots(double[] x, double[] y, double radius, Tone fill, double opacity, Tone rim) implements Shape {}

    /** A rounded box; fill and stroke may be null. */
    record Box(double x, double y, double width, double height, double radius, Tone fill, Tone stroke) implements Shape {}

    /** One line of text with its baseline at y; a halo of paper keeps it readable over marks. */
    record Text(double x, double y, String text, double size, Anchor anchor, Tone fill, boolean strong, boolean halo) implements Shape {}

    /** Pixels, 0xaarrggbb row by row from the top, each drawn as a sharp rectangle. */
    record Raster(double x, double y, double width, double height, int columns, int rows, int[] argb) implements Shape {}

    /** Shapes moved by (dx, dy). */
    record Moved(double dx, double dy, List<Shape> shapes) implements Shape {}

    /** Shapes of which only what lies in the rectangle is seen. */
    record Clip(double x, double y, double width, double height, List<Shape> shapes) implements Shape {}
}
