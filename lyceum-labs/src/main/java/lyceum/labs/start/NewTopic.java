package lyceum.labs.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.catalogue.UnknownTopicException;

/**
 * {@code ./lyceum topic new SLUG [--api CLASS]}: writes what a topic starts from. That is a test with a method a clause, a lab,
 * a script for golden values and the article's front matter; all of it compiles and all of it fails, so that what is left to do
 * is what is red. Nothing that exists is written over; an article that names no lab yet gets the lines of its class and its lab.
 *
 * @param topic the row of the catalogue
 * @param api   the public class that will realise it
 * @param root  the clone
 */
public record NewTopic(Topic topic, String api, Path root) {

    /** Modules whose packages bear another name than the module. */
    private static final Map<String, String> PACKAGES = Map.of("core", "lyceum.math", "labs", "lyceum.labs.history");

    /** Starts a topic whose class has the name that its slug suggests: {@code lyceum.stats.Mahalanobis}. */
    public static NewTopic of(Topic topic, Path root) {
        return new NewTopic(topic, PACKAGES.getOrDefault(topic.module(), "lyceum." + topic.module()) + "." + Stub.typeName(topic.slug()),
                root);
    }

    /** Runs the command: {@code NewTopic ROOT SLUG [--api CLASS]}. Exit code 2 where nothing could be written, with the reason. */
    public static void main(String[] args) throws IOException {
        var words = new ArrayList<>(List.of(args));
        int option = words.indexOf("--api");
        var api = option > 0 && option + 1 < words.size() ? words.remove(option + 1) : null;
        words.remove("--api");
        if (words.size() != 2 || option > 0 && api == null) {
            System.err.println("usage: lyceum topic new SLUG [--api CLASS]");
            System.exit(2);
        }
        try {
            var start = of(Catalogue.load().bySlug(words.get(1)), Path.of(words.get(0)));
            var written = (api == null ? start : start.withApi(api)).write();
            written.forEach(System.out::println);
            System.out.println("Each clause fails until it is measured: ./lyceum test -pl lyceum-" + start.topic.module() + " -Dtest="
                    + start.simpleName() + "Test");
        } catch (UnknownTopicException | IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /** Another class than the slug suggests. */
    public NewTopic withApi(String api) { return new NewTopic(topic, api, root); }

    /**
     * Writes the files.
     *
     * @return their paths within the clone
     * @throws IllegalStateException if one of them exists, or the topic's module does not: names them all
     */
    public List<Path> write() throws IOException {
        if (!Files.isRegularFile(root.resolve(module()).resolve("pom.xml"))) {
            throw new IllegalStateException(topic.slug() + " belongs in " + module() + ", which does not exist yet; a module comes first");
        }
        var texts = texts();
        var there = texts.keySet().stream().filter(file -> Files.exists(root.resolve(file))).map(Path::toString).toList();
        var article = article();
        if (!there.isEmpty() || article == null) {
            var all = new ArrayList<>(there);
            if (article == null) {
                all.add(articleFile() + " (it names its lab)");
            }
            throw new IllegalStateException(topic.slug() + " is begun already: " + String.join(", ", all));
        }
        texts.put(articleFile(), article);
        if (!Files.exists(root.resolve(labFolder()))) {
            texts.put(labFolder().resolve("package-info.java"), Stub.packageInfo(labPackage(), topic.module()));
        }
        for (var entry : texts.entrySet()) {
            Files.createDirectories(root.resolve(entry.getKey()).getParent());
            Files.writeString(root.resolve(entry.getKey()), entry.getValue());
        }
        return List.copyOf(texts.keySet());
    }

    private Map<Path, String> texts() {
        var texts = new LinkedHashMap<Path, String>();
        texts.put(Path.of(module(), "src/test/java", packageName().replace('.', '/'), simpleName() + "Test.java"),
                Stub.test(topic, packageName(), simpleName()));
        texts.put(Path.of("tools/golden", topic.slug().replace('-', '_') + ".py"), Stub.golden(topic));
        texts.put(labFolder().resolve(simpleName() + "Lab.java"), Stub.lab(topic, labPackage(), simpleName()));
        return texts;
    }

    /** The article as it will be; null if there is one that names its lab. */
    private String article() throws IOException {
        var file = root.resolve(articleFile());
        var lines = "api: " + api + "\nlab: " + labPackage() + "." + simpleName() + "Lab\n";
        if (!Files.exists(file)) return Stub.article(topic, lines);
        var text = Files.readString(file);
        if (Article.parse(topic.slug(), text).lab().isPresent() || !text.startsWith("---\n")) return null;
        return "---\n" + lines + text.substring(4);
    }

    private Path articleFile() { return Path.of("lyceum-labs/src/main/resources/topics", topic.slug() + ".md"); }

    private Path labFolder() { return Path.of("lyceum-labs/src/main/java", labPackage().replace('.', '/')); }

    private String labPackage() { return "lyceum.labs." + topic.module(); }

    private String module() { return "lyceum-" + topic.module(); }

    private String packageName() { return api.substring(0, api.lastIndexOf('.')); }

    private String simpleName() { return api.substring(api.lastIndexOf('.') + 1); }
}
