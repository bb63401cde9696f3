import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Writes the list of libraries that Lyceum ships with, from the class path of the program and the poms beside the jars.
 * {@code ThirdParty CLASSPATH-FILE PAGE [--check]}; with {@code --check} it only compares.
 */
final class ThirdParty {

    /** Licences go by many names; the SPDX identifier is one. */
    private static final Map<String, String> SPDX = new TreeMap<>(Map.ofEntries(
            Map.entry("apache", "Apache-2.0"), Map.entry("mit", "MIT"), Map.entry("bsd-2", "BSD-2-Clause"), Map.entry("bsd 2", "BSD-2-Clause"),
            Map.entry("simplified bsd", "BSD-2-Clause"), Map.entry("bsd-3", "BSD-3-Clause"), Map.entry("bsd 3", "BSD-3-Clause"),
            Map.entry("new bsd", "BSD-3-Clause"), Map.entry("0bsd", "0BSD"), Map.entry("zero-clause", "0BSD"),
            Map.entry("eclipse public license - v 2.0", "EPL-2.0"), Map.entry("epl 2.0", "EPL-2.0"), Map.entry("eclipse public license v. 2.0", "EPL-2.0"),
            Map.entry("gpl2 w/ cpe", "GPL-2.0-only WITH Classpath-exception-2.0"), Map.entry("classpath exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
            Map.entry("lgpl", "LGPL-3.0-or-later"), Map.entry("gnu lesser", "LGPL-3.0-or-later"), Map.entry("mozilla", "MPL-2.0")));

    record Library(String group, String artifact, String version, Set<String> licences, String url) { }

    public static void main(String[] args) throws Exception {
        var libraries = new TreeMap<String, Library>();
        for (String entry : Files.readString(Path.of(args[0])).strip().split(":")) {
            var pom = Path.of(entry.replaceFirst("\\.jar$", ".pom"));
            if (Files.exists(pom)) {
                var library = library(pom);
                libraries.put(library.group() + ":" + library.artifact(), library);
            }
        }
        var page = Path.of(args[1]);
        String text = page(List.copyOf(libraries.values()));
        boolean same = Files.exists(page) && Files.readString(page).equals(text);
        if (args.length > 2 && args[2].equals("--check")) {
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

    private static String page(List<Library> libraries) {
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
        return text.toString();
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
        if (parent == null) {
            return null;
        }
        var root = pom.getParent().getParent().getParent();
        for (int i = 0; i < group.split("\\.").length; i++) {
            root = root.getParent();
        }
        String artifact = text(parent, "artifactId"), version = text(parent, "version");
        return root.resolve(text(parent, "groupId").replace('.', '/')).resolve(artifact).resolve(version).resolve(artifact + "-" + version + ".pom");
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

    private static Element child(Element parent, String name) {
        return children(parent, name).stream().findFirst().orElse(null);
    }

    private static String text(Element parent, String name) {
        var child = parent == null ? null : child(parent, name);
        return child == null ? "" : child.getTextContent().strip().replaceAll("\\s+", " ");
    }

    private static String firstOf(String a, String b) {
        return a.isEmpty() ? b : a;
    }
}
