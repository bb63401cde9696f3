package lyceum.data;

import java.util.List;
import java.util.Map;

/**
 * Categories as their numbers 0, 1, ... in sorted or given order. Trees cut such codes as they please; a linear model reads an order and distances into them,
 * so give the order where there is one.
 *
 * @param refuseUnknown whether an unknown category is an error; otherwise, as by default, it becomes -1
 * @param categories by column name, in order; sorted ones for the others
 */
public record OrdinalEncoder(boolean refuseUnknown, Map<String, List<?>> categories) {
    public OrdinalEncoder { categories = Map.copyOf(categories); }

    public OrdinalEncoder() { this(false, Map.of()); }

    /** Learns the categories of these columns; of all if none is named. */
    public OrdinalEncoding fit(Frame frame, String... names) {
        var columns = names.length == 0 ? frame.columns() : frame.select(names).columns();
        return new OrdinalEncoding(columns.stream()
                .map(c -> categories.containsKey(c.name()) ? Categories.of(c.name(), c.type(), categories.get(c.name())) : Categories.of(c))
                .toList(), refuseUnknown);
    }
}
