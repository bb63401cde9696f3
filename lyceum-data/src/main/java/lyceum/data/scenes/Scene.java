package lyceum.data.scenes;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;

/**
 * Coloured shapes, each in a cell of a grid, in reading order; at most one in a cell.
 *
 * @param items what is seen, by row and then by column
 */
public record Scene(List<Item> items) {

    /** Colours that differ by at least half of the range in some channel. */
    public enum Colour {
        RED(1, 0, 0), GREEN(0, 1, 0), BLUE(0, 0, 1), YELLOW(1, 1, 0), PURPLE(1, 0, 1), CYAN(0, 1, 1), ORANGE(1, 0.5f, 0), WHITE(1, 1, 1);

        private final float[] rgb;

        Colour(float r, float g, float b) { rgb = new float[] {r, g, b}; }

        /** A channel's value in [0, 1]: 0 red, 1 green, 2 blue. */
        public float channel(int c) { return rgb[c]; }

        /** As captions name it. */
        public String word() { return name().toLowerCase(Locale.ROOT); }
    }

    /** Shapes, in the order in which they are easy to tell apart. */
    public enum Shape {
        SQUARE, CIRCLE, TRIANGLE, CROSS, RING, DIAMOND;

        /** As captions name it. */
        public String word() { return name().toLowerCase(Locale.ROOT); }

        /** Whether a point of the square [-1, 1] x [-1, 1], y downward, belongs to it. */
        boolean holds(double x, double y) {
            double r = x * x + y * y;
            return switch (this) {
                case SQUARE -> true;
                case CIRCLE -> r <= 1;
                case TRIANGLE -> Math.abs(x) <= (y + 1) / 2;
                case CROSS -> Math.abs(x) <= 0.34 || Math.abs(y) <= 0.34;
                case RING -> r <= 1 && r >= 0.3;
                case DIAMOND -> Math.abs(x) + Math.abs(y) <= 1;
            };
        }
    }

    /** One shape: its colour and its cell, counted from the top left, row and column from 0. */
    public record Item(Colour colour, Shape shape, int row, int column) {
        /** {@code red square}. */
        public String name() { return colour.word() + " " + shape.word(); }
    }

    /** Puts the items into reading order. */
    public Scene {
        items = items.stream().sorted(Comparator.comparingInt(Item::row).thenComparingInt(Item::column)).toList();
        var cells = new HashSet<Long>();
        for (var i : items) {
            if (!cells.add((long) i.row << 32 | i.column))
                throw new IllegalArgumentException("Scene: two items in row " + i.row + ", column " + i.column + "; one cell holds one");
        }
    }

    /** A scene of one item. */
    public static Scene of(Colour colour, Shape shape, int row, int column) {
        return new Scene(List.of(new Item(colour, shape, row, column)));
    }

    /** The one item of a scene that has no other. */
    public Item only() {
        if (items.size() != 1) throw new IllegalStateException("Scene: it has " + items.size() + " items, not one");
        return items.getFirst();
    }
}
