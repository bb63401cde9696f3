package lyceum.studio.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import lyceum.labs.run.LabJson;
import lyceum.labs.run.Machine;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.Site;

/**
 * The encyclopedia as files that need no server: a page a topic, areas, map, paths, sources and status, with the studio's looks, and
 * a search by script. All links are relative, so that the folder can lie anywhere; labs are left to the studio.
 */
public final class StaticSite {

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]{3,}");
    /** Scripts of labs and their figures, which no exported page has. */
    private static final List<String> LEFT_OUT = List.of("vendor/", "figures.js", "lab.js", "htmx.min.js");

    private final Encyclopedia encyclopedia;
    private final Path folder;
    private final Assets assets = new Assets();
    private final Pages pages;
    private final TopicViews views;
    private final ArticleHtml html = new ArticleHtml(slug -> "/t/" + slug);
    private int files;
    private long bytes;

    private StaticSite(Encyclopedia encyclopedia, Path folder) {
        this.encyclopedia = encyclopedia;
        this.folder = folder;
        this.pages = new Pages(name -> "/assets/" + name,
                new Site(Machine.version(), () -> "", 0, () -> encyclopedia.catalogue().topics().size(), false));
        this.views = new TopicViews(encyclopedia, new ApiDocs(null));
    }

    /** What was written. */
    public record Written(int files, long bytes) {}

    /**
     * Writes the encyclopedia that Lyceum ships into a folder, which is made where it is missing; files of the same names are
     * replaced and others stay.
     */
    public static Written write(Path folder) throws IOException { return write(Encyclopedia.shipped(), folder); }

    static Written write(Encyclopedia encyclopedia, Path folder) throws IOException {
        var site = new StaticSite(encyclopedia, folder);
        site.write();
        return new Written(site.files, site.bytes);
    }

    private void write() throws IOException {
        page("index.html", "", "export/index", Pages.head("Lyceum", "The machine-learning encyclopedia that runs.").searching(),
                Map.of("view", new AreasPage(encyclopedia, pages).view()));
        page("paths.html", "", "export/paths", Pages.head("Paths", "What to read, in which order, to reach a topic.").under("paths"),
                Map.of());
        page("map.html", "", "map", Pages.head("Map", "The prerequisites of all topics as a picture.").under("map"),
                Map.of("view", new MapPage(encyclopedia, pages).view()));
        page("sources.html", "", "sources", Pages.head("Sources", "The papers and books that the articles rest on."),
                Map.of("view", SourcesPage.view(encyclopedia)));
        page("guides.html", "", "guides", Guides.HEAD, Guides.list());
        for (var guide : Guides.all()) page("guides/" + guide.name() + ".html", "../", "guide", guide.head(), guide.values());
        page("status.html", "", "status", Pages.head("Status", "Which topics run, and which clauses do not hold yet.").under("status"),
                Map.of("view", new StatusPage(encyclopedia, null, pages).view(List.of(), List.of())));
        for (var topic : encyclopedia.catalogue().topics()) {
            var text = encyclopedia.article(topic.slug()).map(html::of).orElse("");
            var head = Pages.head(topic.title(), topic.summary()).under("topics").with(text.contains("class=\"math"), false).styled();
            page("t/" + topic.slug() + ".html", "../", "topic", head, Map.of("view", views.view(topic, text, null, List.of())));
        }
        for (var name : assets.names()) {
            if (LEFT_OUT.stream().noneMatch(name::startsWith)) {
                file("assets/" + name, assets.find(name).orElseThrow().bytes());
            }
        }
        var index = encyclopedia.order().stream().map(this::entry).toList();
        file("assets/topics.js", ("window.LYCEUM = " + LabJson.write(index) + ";\n").getBytes(StandardCharsets.UTF_8));
        file("topics.json", LabJson.write(
                encyclopedia.order().stream().map(t -> new TopicsApi(encyclopedia, null).fields(encyclopedia.row(t.slug()))).toList())
                .getBytes(StandardCharsets.UTF_8));
    }

    /** A topic as {@code site.js} reads it. */
    private List<Object> entry(Topic topic) {
        return List.of(topic.slug(), topic.title(), topic.area(), topic.level(), encyclopedia.status(topic.slug()), topic.summary(),
                topic.aliases(), topic.needs(), topic.kind(), topic.module(),
                encyclopedia.article(topic.slug()).map(StaticSite::words).orElse(""));
    }

    /** The words of an article, each once. */
    private static String words(Article article) {
        var words = new LinkedHashSet<String>();
        WORD.matcher(article.prose().toLowerCase(Locale.ROOT)).results().forEach(m -> words.add(m.group()));
        return String.join(" ", new ArrayList<>(words));
    }

    private void page(String name, String root, String template, Pages.Head head, Map<String, ?> values) throws IOException {
        var page = RelativeLinks.of(pages.page(template, head, values), root).replaceFirst("<html ", "<html data-root=\"" + root + "\" ");
        if (template.startsWith("export/")) {
            page = page.replaceFirst("</head>", "<script defer src=\"" + root + "assets/topics.js\"></script>\n<script defer src=\"" + root
                    + "assets/site.js\"></script>\n</head>");
        }
        file(name, page.getBytes(StandardCharsets.UTF_8));
    }

    private void file(String name, byte[] content) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        files++;
        bytes += content.length;
    }
}
