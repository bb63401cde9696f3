package lyceum.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.withers.Withers;

/**
 * Categories as indicator columns: {@code e(x)_j = 1} if x is category j, else 0.
 *
 * {@snippet :
 * var frame = Frame.of(Column.of("colour", "red", "green", "blue", "red"));
 * var encoding = new OneHotEncoder().withUnknown(OneHotEncoder.Unknown.IGNORE).fit(frame, "colour");
 * encoding.names();              // colour_blue, colour_green, colour_red
 * encoding.transform(frame);     // (4, 3), F64
 * encoding.sparse(frame);        // the same as Csr
 * }
 *
 * <p>Categories are learned, sorted, with NaN and null last as categories of their own, or {@linkplain #withCategories given}. Rare ones may share one
 * column at the block's end.
 *
 * @param drop which category's column is left out; none by default
 * @param unknown what becomes of a category that was not there when it was fitted; an error by default
 * @param minCount categories with fewer rows are infrequent; 0 by default
 * @param minShare categories with less than this share of the rows are infrequent; 0 by default
 * @param maxCategories columns a feature may have at most, the one of infrequent ones included and before one is dropped; 0, as by default, is no limit
 * @param categories by column name, in order; learned for the others
 */
@Withers
public record OneHotEncoder(Drop drop, Unknown unknown, int minCount, double minShare, int maxCategories, Map<String, List<?>> categories)
        implements OneHotEncoderWithers {

    /** Which column is left out, so that the others are linearly independent beside an intercept. */
    public enum Drop {
        /** None. */
        NONE,
        /** The first of each feature; infrequent ones count as the last. */
        FIRST,
        /** The first of features with two. */
        IF_BINARY
    }

    /** What becomes of unknown categories. */
    public enum Unknown {
        /** They are refused by row. */
        ERROR,
        /** All indicators are 0. */
        IGNORE,
        /** They are infrequent; where no column is for those, all indicators are 0. */
        INFREQUENT
    }

    public OneHotEncoder {
        Objects.requireNonNull(drop, "drop");
        Objects.requireNonNull(unknown, "unknown");
        categories = Map.copyOf(categories);
        if (minCount < 0 || maxCategories < 0 || !(minShare >= 0 && minShare < 1))
            throw new IllegalArgumentException("OneHotEncoder: minCount " + minCount + ", minShare " + minShare + ", maxCategories "
                    + maxCategories + "; counts are at least 0, the share is in [0, 1)");
    }

    public OneHotEncoder() { this(Drop.NONE, Unknown.ERROR, 0, 0, 0, Map.of()); }

    /** Learns the categories of these columns; of all if none is named. */
    public OneHotEncoding fit(Frame frame, String... names) {
        var columns = names.length == 0 ? frame.columns() : frame.select(names).columns();
        if (columns.isEmpty() || frame.size() == 0)
            throw new FrameException("OneHotEncoder.fit: " + frame.size() + " rows, " + columns.size() + " columns; at least one of each");
        var blocks = new ArrayList<OneHotBlock>();
        for (var column : columns) {
            var given = categories.get(column.name());
            var found = given == null ? Categories.of(column) : Categories.of(column.name(), column.type(), given);
            int[] codes = unknown == Unknown.ERROR ? found.known("OneHotEncoder.fit", column) : found.codes(column);
            var counts = new int[found.size()];
            for (int code : codes) if (code >= 0) counts[code]++;
            blocks.add(OneHotBlock.of(this, found, counts, frame.size()));
        }
        return new OneHotEncoding(this, blocks);
    }
}
