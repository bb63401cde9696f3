package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Earley's recogniser over bytes, from the paper (1970): a prefix has a completion if its last set of items is not empty and every symbol has a text. A right side is words:
 * a name in the table, else literal text; {@code [a-z]} and {@code [^..]} are sets of bytes.
 */
final class Earley {
    private final Map<String, List<List<String>>> rules;

    private record Item(String rule, int option, int dot, int from) {}

    Earley(Map<String, List<List<String>>> rules) { this.rules = rules; }

    private List<String> side(Item i) { return rules.get(i.rule).get(i.option); }

    /** The sets of items of a text so far. */
    final class Chart {
        private final List<List<Item>> sets = new ArrayList<>();

        private Chart() {}

        /** Behind more bytes; this one stays as it is. */
        Chart after(byte... more) {
            var longer = new Chart();
            longer.sets.addAll(sets);
            for (byte b : more) {
                var next = new ArrayList<Item>();
                for (var item : longer.sets.getLast())
                    if (item.dot < side(item).size() && reads(side(item).get(item.dot), b & 255))
                        next.add(new Item(item.rule, item.option, item.dot + 1, item.from));
                longer.sets.add(next);
                closed(longer.sets);
            }
            return longer;
        }

        boolean hasCompletion() { return !sets.getLast().isEmpty(); }

        boolean isWhole() { return sets.getLast().stream().anyMatch(i -> i.rule.equals("root") && i.from == 0 && i.dot == side(i).size()); }
    }

    Chart start() {
        var chart = new Chart();
        chart.sets.add(new ArrayList<>());
        for (int o = 0; o < rules.get("root").size(); o++) chart.sets.getFirst().add(new Item("root", o, 0, 0));
        closed(chart.sets);
        return chart;
    }

    /** Prediction and completion within the last set, until nothing changes: empty productions may complete late. */
    private void closed(List<List<Item>> sets) {
        int at = sets.size() - 1;
        var set = sets.get(at);
        var members = new HashSet<>(set);
        for (int before = -1; set.size() > before;) {
            before = set.size();
            for (int k = 0; k < set.size(); k++) {
                var item = set.get(k);
                if (item.dot == side(item).size()) {
                    for (var waiting : List.copyOf(sets.get(item.from)))
                        if (waiting.dot < side(waiting).size() && side(waiting).get(waiting.dot).equals(item.rule))
                            add(set, members, new Item(waiting.rule, waiting.option, waiting.dot + 1, waiting.from));
                    continue;
                }
                var symbol = side(item).get(item.dot);
                if (rules.containsKey(symbol))
                    for (int o = 0; o < rules.get(symbol).size(); o++) add(set, members, new Item(symbol, o, 0, at));
            }
        }
    }

    private static void add(List<Item> set, HashSet<Item> members, Item item) { if (members.add(item)) set.add(item); }

    private boolean reads(String symbol, int b) {
        if (rules.containsKey(symbol)) return false;
        if (symbol.length() == 1) return symbol.charAt(0) == b;
        boolean not = symbol.charAt(1) == '^', in = false;
        for (int i = not ? 2 : 1; i < symbol.length() - 1; i++) {
            if (i + 2 < symbol.length() - 1 && symbol.charAt(i + 1) == '-') {
                in |= b >= symbol.charAt(i) && b <= symbol.charAt(i + 2);
                i += 2;
            } else in |= symbol.charAt(i) == b;
        }
        return in != not;
    }
}
