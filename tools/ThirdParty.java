import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Writes the list of libraries that Lyceum ships with, from the class path of the program and the poms beside the jars.
 * and the licence files beside what is vendored. {@code ThirdParty ROOT CLASSPATH-FILE PAGE [--check]}; with {@code --check}
 * it only compares.
 */
final class ThirdParty {

    /** Licences go by many names; the SPDX identifier is one. */
    private static final Map<String, String> SPDX = new TreeMap<>(Map.ofEntries(Map.entry("apache", "Apache-2.0"), Map.entry("mit", "MIT"),
            Map.entry("bsd-2", "BSD-2-Clause"), Map.entry("bsd 2", "BSD-2-Clause"), Map.entry("simplified bsd", "BSD-2-Clause"),
            Map.entry("bsd-3", "BSD-3-Clause"), Map.entry("bsd 3", "BSD-3-Clause"), Map.entry("new bsd", "BSD-3-Clause"),
            Map.entry("0bsd", "0BSD"), Map.entry("zero-clause", "0BSD"), Map.entry("eclipse public license - v 2.0", "EPL-2.0"),
            Map.entry("epl 2.0", "EPL-2.0"), Map.entry("eclipse public license v. 2.0", "EPL-2.0"),
            Map.entry("gpl2 w/ cpe", "GPL-2.0-only WITH Classpath-exception-2.0"),
            Map.entry("classpath exception", "GPL-2.0-only WITH Classpath-exception-2.0"), Map.entry("lgpl", "LGPL-3.0-or-later"),
            Map.entry("gnu lesser", "LGPL-3.0-or-later"), Map.entry("mozilla", "MPL-2.0")));

    record Library(String group, String artifact, String version, Set<String> licences, String url) {}

    public static void main(String[] args) throws Exception {
        var libraries = new TreeMap<String, Library>();
        for (String entry : Files.readString(Path.of(args[1])).strip().split(":")) {
            var pom = Path.of(entry.replaceFirst("\\.jar$", ".pom"));
            if (Files.exists(pom)) {
                var library = library(pom);
                libraries.put(library.group() + ":" + library.artifact(), library);
            }
        }
        var page = Path.of(args[2]);
        String text = page(List.copyOf(libraries.values()), vendored(Path.of(args[0])));
        boolean same = Files.exists(page) && Files.readString(page).equals(text);
        if (args.length > 3 && args[3].equals("--check")) {
            if (!same) {
                System.err.println(page.getFileName() + " is out of date; refresh it: ./lyceum refresh");
            }
            System.exit(same ? 0 : 1);
        }
        if (!same) {
            Files.writeString(page, text);
        }
        System.err.println(page.getFileName() + ": " + libraries.size() + " libraries");
    }

    /** What {@code tools/vendor-web} fetched: package, version, and the licence that stands beside its files. */
    private static List<Library> vendored(Path root) throws IOException {
        var script = root.resolve("tools/vendor-web");
        if (!Files.exists(script)) return List.of();
        String text = Files.readString(script);
        var found = new ArrayList<Library>();
        for (var fetched : Pattern.compile("(?m)^\\w+=\\$\\(unpack (\\S+)@([0-9.]+)\\)").matcher(text).results().toList()) {
            String name = fetched.group(1), last = name.substring(name.indexOf('/') + 1);
            try (var files = Files.walk(root.resolve("lyceum-studio/src"))) {
                var licence = files.filter(f -> f.toString().endsWith("-LICENSE.txt"))
                        .filter(f -> last.startsWith(f.getFileName().toString().replace("-LICENSE.txt", "")))
                        .max(java.util.Comparator.comparingInt(f -> f.getFileName().toString().length()));
                if (licence.isPresent()) {
                    found.add(new Library("", name, fetched.group(2), Set.of(recognised(Files.readString(licence.get()))),
                            root.relativize(licence.get()).toString()));
                }
            }
        }
        return found;
    }

    private static String recognised(String licence) {
        return licence.contains("SIL Open Font License") || licence.contains("SIL OPEN FONT LICENSE") ? "OFL-1.1"
                : licence.contains("Mozilla Public License") ? "MPL-2.0"
                        : licence.contains("Redistribution and use") ? "BSD-3-Clause" : "see its page";
    }

    private static String page(List<Library> libraries, List<Library> vendored) {
        var text = new StringBuilder("""
                # What Lyceum uses from others

                Lyceum's own code is under the Apache License 2.0. The program (`./lyceum`) runs with these libraries, unchanged, from Maven
                Central; a dependent of a library module gets only what that module needs. This page is made by `./lyceum refresh`.

                | Library | Version | Licence |
                |---------|---------|---------|
                """);
        for (var l : libraries) {
            String name = l.group() + ":" + l.artifact();
            text.append("| ").append(l.url().isEmpty() ? name : "[" + name + "](" + l.url() + ")").append(" | ").append(l.version())
                    .append(" | ").append(l.licences().isEmpty() ? "see its page" : String.join(" or ", l.licences())).append(" |\n");
        }
        text.append("""

                ## Files of others in this repository

                Fonts and scripts from npm packages, as `tools/vendor-web` fetches them; each licence stands beside its files.

                | Package | Version | Licence |
                |---------|---------|---------|
                """);
        for (var v : vendored) {
            text.append("| [").append(v.artifact()).append("](").append(v.url()).append(") | ").append(v.version()).append(" | ")
                    .append(String.join(" or ", v.licences())).append(" |\n");
        }
        return text.append("""

                The data sets come with a page that tells their origin and licence:
                [PROVENANCE.md](lyceum-data/src/main/resources/lyceum/data/PROVENANCE.md).
                """).toString();
    }

    /** From .../group/artifact/version/artifact-version.pom, whatever the name of the repository's folder. */
    private static Library library(Path pom) throws Exception {
        var version = pom.getParent().getFileName().toString();
        var artifact = pom.getParent().getParent().getFileName().toString();
        String group = null, url = "";
        Set<String> licences = Set.of();
        var at = pom;
        while (at != null && Files.exists(at)) {
            var project = parse(at);
            group = group == null ? firstOf(text(project, "groupId"), text(child(project, "parent"), "groupId")) : group;
            url = url.isEmpty() ? text(project, "url") : url;
            licences = licences.isEmpty() ? licences(project) : licences;
            at = parent(project, pom, group);
        }
        return new Library(group, artifact, version, licences, url.contains("${") ? "" : url);
    }

    private static Path parent(Element project, Path pom, String group) {
        var parent = child(project, "parent");
        if (parent == null) return null;
        var root = pom.getParent().getParent().getParent();
        for (int i = 0; i < group.split("\\.").length; i++) {
            root = root.getParent();
        }
        String artifact = text(parent, "artifactId"), version = text(parent, "version");
        return root.resolve(text(parent, "groupId").replace('.', '/')).resolve(artifact).resolve(version)
                .resolve(artifact + "-" + version + ".pom");
    }

    private static Set<String> licences(Element project) {
        var found = new LinkedHashSet<String>();
        var list = child(project, "licenses");
        if (list != null) {
            for (var licence : children(list, "license")) {
                found.add(spdx(text(licence, "name")));
            }
        }
        return found;
    }

    private static String spdx(String name) {
        String lower = name.toLowerCase(java.util.Locale.ROOT);
        return SPDX.entrySet().stream().filter(e -> lower.contains(e.getKey())).map(Map.Entry::getValue).findFirst().orElse(name);
    }

    private static Element parse(Path file) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        try (var in = Files.newInputStream(file)) {
            return factory.newDocumentBuilder().parse(in).getDocumentElement();
        } catch (org.xml.sax.SAXException e) {
            throw new IOException("cannot read " + file, e);
        }
    }

    private static List<Element> children(Element parent, String name) {
        var found = new ArrayList<Element>();
        for (var node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }

    private static Element child(Element parent, String name) { return children(parent, name).stream().findFirst().orElse(null); }

    private static String text(Element parent, String name) {
        var child = parent == null ? null : child(parent, name);
        return child == null ? "" : child.getTextContent().strip().replaceAll("\\s+", " ");
    }

    private static String firstOf(String a, String b) { return a.isEmpty() ? b : a; }
}
