package lyceum.plot.render;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import lyceum.plot.Edge;
import lyceum.plot.Layer;
import lyceum.plot.Node;

/** A tree in box lines; a graph as one line a node that names what it is made from. */
final class TextNetwork {
    private static final int MAX_LINES = 200;

    private final Layer.Network network;
    private final TerminalText style;
    private final List<String> lines;
    private final HashMap<String, Node> byId = new HashMap<>();
    private final HashMap<String, List<Edge>> out = new HashMap<>();
    private final HashMap<String, List<Edge>> in = new HashMap<>();
    private int drawn;

    private TextNetwork(Layer.Network network, TerminalText style, List<String> lines) {
        this.network = network;
        this.style = style;
        this.lines = lines;
        network.nodes().forEach(n -> byId.put(n.id(), n));
        for (var e : network.edges()) {
            out.computeIfAbsent(e.from(), _ -> new ArrayList<>()).add(e);
            in.computeIfAbsent(e.to(), _ -> new ArrayList<>()).add(e);
        }
    }

    static void draw(Layer.Network network, TerminalText style, List<String> lines) {
        var text = new TextNetwork(network, style, lines);
        var roots = network.nodes().stream().filter(n -> !text.in.containsKey(n.id())).toList();
        boolean tree = !roots.isEmpty() && text.in.values().stream().allMatch(e -> e.size() == 1);
        if (tree) roots.forEach(r -> text.tree(r.id()));
        else text.graph();
    }

    private record Open(String id, String stem, String branch) {}

    private void tree(String root) {
        var stack = new ArrayList<Open>();
        stack.add(new Open(root, "", ""));
        while (!stack.isEmpty()) {
            var at = stack.removeLast();
            if (!line(at.branch + label(at.id))) return;
            var kids = out.getOrDefault(at.id, List.of());
            for (int k = kids.size() - 1; k >= 0; k--) {
                boolean last = k == kids.size() - 1;
                var edge = kids.get(k).label().isEmpty() ? "" : kids.get(k).label() + ": ";
                stack.add(new Open(kids.get(k).to(), at.stem + (last ? "   " : "│  "), at.stem + (last ? "└─ " : "├─ ") + edge));
            }
        }
    }

    private void graph() {
        var layout = new NetworkLayout(network);
        var order = new ArrayList<Integer>();
        for (int i = 0; i < network.nodes().size(); i++) order.add(i);
        order.sort(Comparator.<Integer>comparingInt(i -> layout.rank[i]).thenComparingDouble(i -> layout.place[i]));
        int widest = Math.min(style.width() / 2,
                network.nodes().stream().mapToInt(n -> TerminalText.length(label(n.id()))).max().orElse(0));
        for (int i : order) {
            var id = network.nodes().get(i).id();
            var sources = in.getOrDefault(id, List.of()).stream()
                    .map(e -> first(e.from()) + (e.label().isEmpty() ? "" : " (" + e.label() + ")")).toList();
            if (!line(sources.isEmpty() ? label(id)
                    : TerminalText.left(label(id), widest) + (style.ascii() ? "  <- " : "  ← ") + String.join(", ", sources)))
                return;
        }
    }

    private boolean line(String text) {
        if (drawn++ == MAX_LINES) {
            lines.add("and more: " + network.nodes().size() + " nodes in all");
            return false;
        }
        lines.add(TerminalText.cut(text, style.width()));
        return true;
    }

    private String label(String id) {
        var n = byId.get(id);
        return n.label().isEmpty() ? n.id() : n.label().replace("|", " · ");
    }

    private String first(String id) {
        var n = byId.get(id);
        return n.label().isEmpty() ? n.id() : n.label().split("\\|", 2)[0];
    }
}
