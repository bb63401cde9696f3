import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Draws the modules as a house, from the dependencies in their poms: a module stands above everything that it uses, and a line
 * goes to what it uses directly and by no other way. {@code House ROOT PICTURE [--check]}; with {@code --check} it only compares.
 */
final class House {

    private static final int WIDTH = 920, BOX_HEIGHT = 56, GAP = 20, FLOOR = 80, MARGIN = 28, ROOF = 84;

    /** A module, what it says of itself, and the modules that it uses beyond its tests. */
    record Part(String name, String description, Set<String> uses, boolean aside) {}

    record Box(Part part, double x, double y, double width) {}

    public static void main(String[] args) throws Exception {
        var root = Path.of(args[0]);
        var picture = Path.of(args[1]);
        String svg = draw(parts(root));
        boolean same = Files.exists(picture) && Files.readString(picture).equals(svg);
        if (args.length > 2 && args[2].equals("--check")) {
            if (!same) {
                System.err.println(picture.getFileName() + " is out of date; refresh it: ./lyceum refresh");
            }
            System.exit(same ? 0 : 1);
        }
        if (!same) {
            Files.createDirectories(picture.getParent());
            Files.writeString(picture, svg);
        }
        System.err.println(picture.getFileName() + ": the house as its poms describe it");
    }

    private static Map<String, Part> parts(Path root) throws Exception {
        var parts = new LinkedHashMap<String, Part>();
        for (var module : Pattern.compile("<module>(.*?)</module>").matcher(Files.readString(root.resolve("pom.xml"))).results().toList()) {
            String name = module.group(1), pom = Files.readString(root.resolve(name).resolve("pom.xml"));
            if (!pom.contains("<packaging>pom</packaging>")) {
                parts.put(name, new Part(name, first(pom, "<description>(.*?)</description>"), uses(pom),
                        Set.of("lyceum-testing", "lyceum-withers").contains(name)));
            }
        }
        return parts;
    }

    private static Set<String> uses(String pom) {
        var uses = new LinkedHashSet<String>();
        for (var dependency : Pattern.compile("(?s)<dependency>(.*?)</dependency>").matcher(pom).results().toList()) {
            String text = dependency.group(1);
            if (text.contains("<groupId>lyceum</groupId>") && !text.contains("<scope>test</scope>")
                    && !text.contains("<scope>provided</scope>")) {
                uses.add(first(text, "<artifactId>(.*?)</artifactId>"));
            }
        }
        return uses;
    }

    private static String first(String text, String pattern) {
        var match = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        return match.find() ? match.group(1).strip() : "";
    }

    /** The longest chain of modules below each one. */
    private static int floor(String name, Map<String, Part> parts, Map<String, Integer> floors) {
        var known = floors.get(name);
        if (known == null) {
            known = parts.get(name).uses().stream().mapToInt(u -> 1 + floor(u, parts, floors)).max().orElse(0);
            floors.put(name, known);
        }
        return known;
    }

    /** Whether {@code from} arrives at {@code to} through another module. */
    private static boolean indirectly(String from, String to, Map<String, Part> parts) {
        return parts.get(from).uses().stream().filter(u -> !u.equals(to)).anyMatch(u -> reaches(u, to, parts));
    }

    private static boolean reaches(String from, String to, Map<String, Part> parts) {
        return from.equals(to) || parts.get(from).uses().stream().anyMatch(u -> reaches(u, to, parts));
    }

    private static String draw(Map<String, Part> parts) {
        var floors = new HashMap<String, Integer>();
        var rows = new TreeMap<Integer, List<Part>>();
        parts.values().forEach(p -> rows.computeIfAbsent(floor(p.name(), parts, floors), f -> new ArrayList<>()).add(p));
        int height = 2 * MARGIN + ROOF + rows.size() * FLOOR - (FLOOR - BOX_HEIGHT);
        var boxes = new LinkedHashMap<String, Box>();
        rows.forEach((floor, row) -> {
            double width = (WIDTH - 2 * MARGIN - (row.size() - 1) * GAP) / (double) row.size();
            double x = MARGIN;
            for (var part : row) {
                boxes.put(part.name(), new Box(part, x, height - MARGIN - BOX_HEIGHT - floor * (double) FLOOR, width));
                x += width + GAP;
            }
        });
        var svg = new StringBuilder(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="title" font-family="Inter, system-ui, sans-serif">
                <title id="title">Lyceum's modules, each above those that it uses</title>
                <rect width="%d" height="%d" rx="6" fill="#fcfbf8"/>
                <path d="M%d %d L%d %d L%d %d Z" fill="#ffffff" stroke="#0b6666" stroke-width="1.5" stroke-linejoin="round"/>
                <text x="%d" y="%d" text-anchor="middle" font-size="20" font-weight="600" letter-spacing="4" fill="#0b6666">LYCEUM</text>
                <g fill="none" stroke="#a5a196" stroke-width="1.5">
                """, WIDTH, height, WIDTH, height, MARGIN / 2, MARGIN + ROOF - 20, WIDTH / 2, MARGIN / 2, WIDTH - MARGIN / 2,
                MARGIN + ROOF - 20, WIDTH / 2, MARGIN + ROOF - 34));
        for (var box : boxes.values()) {
            for (var used : box.part().uses()) {
                if (!indirectly(box.part().name(), used, parts)) {
                    svg.append(line(box, boxes.get(used)));
                }
            }
        }
        svg.append("</g>\n");
        boxes.values().forEach(b -> svg.append(box(b)));
        return svg.append("</svg>\n").toString();
    }

    /** From the middle of the narrower one's width, straight down where it stands above the other. */
    private static String line(Box from, Box to) {
        double x1 = Math.clamp(to.x() + to.width() / 2, from.x() + GAP, from.x() + from.width() - GAP), y1 = from.y() + BOX_HEIGHT;
        double x2 = Math.clamp(x1, to.x() + GAP, to.x() + to.width() - GAP), y2 = to.y(), bend = (y2 - y1) / 2;
        return String.format(Locale.ROOT, "<path d=\"M%.0f %.0f C%.0f %.0f %.0f %.0f %.0f %.0f\"/>%n", x1, y1, x1, y1 + bend, x2, y2 - bend,
                x2, y2);
    }

    private static String box(Box box) {
        var text = new StringBuilder(String.format(Locale.ROOT,
                "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%d\" rx=\"6\" fill=\"#ffffff\" stroke=\"%s\"%s/>%n", box.x(), box.y(),
                box.width(), BOX_HEIGHT, box.part().aside() ? "#a5a196" : "#0b6666",
                box.part().aside() ? " stroke-dasharray=\"4 3\"" : ""));
        double middle = box.x() + box.width() / 2;
        var lines = wrapped(box.part().description(), (int) (box.width() / 7));
        double y = box.y() + (lines.size() > 1 ? 18 : 24);
        text.append(String.format(Locale.ROOT,
                "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\" font-size=\"15\" font-weight=\"600\" fill=\"#1e1d1a\">%s</text>%n",
                middle, y, box.part().name()));
        for (var line : lines) {
            y += lines.size() > 1 ? 15 : 18;
            text.append(String.format(Locale.ROOT,
                    "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\" font-size=\"12\" fill=\"#615e56\">%s</text>%n", middle, y,
                    escaped(line)));
        }
        return text.toString();
    }

    /** Two lines at most; the second ends in an ellipsis where there is more. */
    private static List<String> wrapped(String text, int width) {
        var lines = new ArrayList<String>();
        String rest = text.replaceAll("\\.$", "");
        while (!rest.isEmpty() && lines.size() < 2) {
            int end = rest.length() <= width ? rest.length() : Math.max(1, rest.lastIndexOf(' ', width));
            lines.add(rest.substring(0, end));
            rest = rest.substring(end).strip();
        }
        if (!rest.isEmpty()) {
            lines.set(1, lines.get(1).replaceFirst(",?$", "…"));
        }
        return lines;
    }

    private static String escaped(String text) { return text.replace("&", "&amp;").replace("<", "&lt;"); }
}
