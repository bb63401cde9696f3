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

    /** Items behind the last byte; null if there are none. */
    private List<Item> last(byte[] text) {
        var sets = new ArrayList<List<Item>>();
        var members = new ArrayList<HashSet<Item>>();
        for (int i = 0; i <= text.length; i++) {
            sets.add(new ArrayList<>());
            members.add(new HashSet<>());
        }
        for (int o = 0; o < rules.get("root").size(); o++) add(sets, members, 0, new Item("root", o, 0, 0));
        for (int at = 0; at <= text.length; at++) {
            boolean grew = true;
            while (grew) { // empty productions may complete late: until nothing changes
                int before = sets.get(at).size();
                for (int k = 0; k < sets.get(at).size(); k++) {
                    var item = sets.get(at).get(k);
                    if (item.dot == side(item).size()) {
                        for (var waiting : List.copyOf(sets.get(item.from)))
                            if (waiting.dot < side(waiting).size() && side(waiting).get(waiting.dot).equals(item.rule))
                                add(sets, members, at, new Item(waiting.rule, waiting.option, waiting.dot + 1, waiting.from));
                        continue;
                    }
                    var symbol = side(item).get(item.dot);
                    if (rules.containsKey(symbol)) for (int o = 0; o < rules.get(symbol).size(); o++) add(sets, members, at, new Item(symbol, o, 0, at));
                }
                grew = sets.get(at).size() > before;
            }
            if (at == text.length) return sets.get(at);
            for (var item : sets.get(at))
                if (item.dot < side(item).size() && reads(side(item).get(item.dot), text[at] & 255))
                    add(sets, members, at + 1, new Item(item.rule, item.option, item.dot + 1, item.from));
        }
        return sets.getLast();
    }

    private static void add(List<List<Item>> sets, List<HashSet<Item>> members, int at, Item item) { if (members.get(at).add(item)) sets.get(at).add(item); }

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

    boolean hasCompletion(byte[] prefix) { return !last(prefix).isEmpty(); }

    boolean accepts(byte[] text) { return last(text).stream().anyMatch(i -> i.rule.equals("root") && i.from == 0 && i.dot == side(i).size()); }
}
