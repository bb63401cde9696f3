package lyceum.labs.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabRunner;
import lyceum.labs.catalogue.Catalogue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

class NewTopicTest {

    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final Path ARTICLE = Path.of("lyceum-labs/src/main/resources/topics/mahalanobis.md");

    @TempDir Path root;

    private NewTopic start;

    @BeforeEach void aCloneWithOneModule() throws IOException {
        Files.createDirectories(root.resolve("lyceum-stats"));
        Files.writeString(root.resolve("lyceum-stats/pom.xml"), "");
        start = NewTopic.of(CATALOGUE.bySlug("mahalanobis"), root);
    }

    /** Compiles every Java file below the clone, as the modules would, and loads what comes out before what the library has of the same name. */
    private URLClassLoader compiled(Path classes) throws IOException {
        List<String> arguments;
        try (Stream<Path> files = Files.walk(root)) {
            var sources = files.filter(f -> f.toString().endsWith(".java")).map(Path::toString);
            arguments = Stream.concat(Stream.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path"), "-Xlint:all",
                    "-Werror", "-proc:none"), sources).toList();
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new))).isZero();
        return new URLClassLoader(new URL[] {classes.toUri().toURL()}, getClass().getClassLoader()) {
            @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (findResource(name.replace('.', '/') + ".class") == null) return super.loadClass(name, resolve);
                synchronized (getClassLoadingLock(name)) {
                    var loaded = findLoadedClass(name);
                    return loaded != null ? loaded : findClass(name);
                }
            }
        };
    }

    @Test void writesTestLabScriptAndArticleThatCompileAndFail(@TempDir Path classes) throws Exception {
        assertThat(start.write()).extracting(Path::toString).containsExactly("lyceum-stats/src/test/java/lyceum/stats/MahalanobisTest.java",
                "tools/golden/mahalanobis.py", "lyceum-labs/src/main/java/lyceum/labs/stats/MahalanobisLab.java", ARTICLE.toString(),
                "lyceum-labs/src/main/java/lyceum/labs/stats/package-info.java");
        var thread = Thread.currentThread();
        var before = thread.getContextClassLoader();
        try (var loader = compiled(classes)) {
            thread.setContextClassLoader(loader);
            var summary = new SummaryGeneratingListener();
            LauncherFactory.create(LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build())
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(DiscoverySelectors.selectClass(loader.loadClass("lyceum.stats.MahalanobisTest"))).build(),
                            summary);
            assertThat(summary.getSummary().getTestsFailedCount()).isEqualTo(CATALOGUE.bySlug("mahalanobis").clauses().size());
            assertThat(summary.getSummary().getFailures()).extracting(f -> f.getException().getMessage())
                    .containsExactlyInAnyOrderElementsOf(CATALOGUE.bySlug("mahalanobis").clauses());
        } finally {
            thread.setContextClassLoader(before);
        }
        var article = Files.readString(root.resolve(ARTICLE));
        assertThat(article).startsWith("---\napi: lyceum.stats.Mahalanobis\nlab: lyceum.labs.stats.MahalanobisLab\nsee: lda-qda, ")
                .contains("\nsources:\n---\n").doesNotContain("number:", "title:");
        assertThat(Files.readString(root.resolve("tools/golden/mahalanobis.py"))).contains("raise SystemExit(",
                "write(\"stats\", \"mahalanobis\"");
    }

    @Test void labRunsAndFails(@TempDir Path classes) throws Exception {
        start.write();
        var thread = Thread.currentThread();
        var before = thread.getContextClassLoader();
        try (var loader = compiled(classes); var runner = new LabRunner()) {
            thread.setContextClassLoader(loader);
            var result = runner.run(LabRequest.of("mahalanobis", "lyceum.labs.stats.MahalanobisLab"), e -> {});
            assertThat(result.noneFails()).isFalse();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test void articleWithoutALabKeepsItsText() throws IOException {
        Files.createDirectories(root.resolve(ARTICLE).getParent());
        Files.writeString(root.resolve(ARTICLE), "---\nsee: svd\n---\nDistance in units of spread.\n");
        start.withApi("lyceum.stats.distance.Mahalanobis").write();
        assertThat(root.resolve(ARTICLE)).hasContent(
                "---\napi: lyceum.stats.distance.Mahalanobis\nlab: lyceum.labs.stats.MahalanobisLab\nsee: svd\n---\nDistance in units of spread.\n");
        assertThat(root.resolve("lyceum-stats/src/test/java/lyceum/stats/distance/MahalanobisTest.java")).exists();
    }

    @Test void nothingThatExistsIsWrittenOver() throws IOException {
        start.write();
        Files.delete(root.resolve("tools/golden/mahalanobis.py"));
        assertThatThrownBy(start::write).isInstanceOf(IllegalStateException.class)
                .hasMessage("mahalanobis is begun already: lyceum-stats/src/test/java/lyceum/stats/MahalanobisTest.java, "
                        + "lyceum-labs/src/main/java/lyceum/labs/stats/MahalanobisLab.java, " + ARTICLE + " (it names its lab)");
        assertThat(root.resolve("tools/golden/mahalanobis.py")).doesNotExist();
    }

    @Test void moduleComesFirst() {
        var other = NewTopic.of(CATALOGUE.bySlug("rag"), root);
        assertThatThrownBy(other::write).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("which does not exist yet; a module comes first");
    }

    @Test void namesAreReadFromSlugsAndClauses() {
        assertThat(Stub.typeName("low-rank-approximation")).isEqualTo("LowRankApproximation");
        assertThat(Stub.methodName("Equals scipy.spatial.distance.cdist mahalanobis to 1e-10"))
                .isEqualTo("equalsScipySpatialDistanceCdistMahalanobisTo");
        assertThat(Stub.methodName("95% intervals cover")).isEqualTo("with95IntervalsCover");
        assertThat(Stub.methodName("||A|| > 0")).isEqualTo("a0");
    }

    @Test void everyTopicOfTheCatalogueStartsWithATestThatCompiles(@TempDir Path classes) throws IOException {
        for (var topic : CATALOGUE.topics()) {
            var folder = root.resolve("all/" + topic.slug());
            Files.createDirectories(folder);
            var name = Stub.typeName(topic.slug());
            Files.writeString(folder.resolve(name + "Test.java"),
                    Stub.test(topic, "lyceum.all." + topic.slug().replace('-', '_') + "_", name));
            Files.writeString(folder.resolve(name + "Lab.java"),
                    Stub.lab(topic, "lyceum.all." + topic.slug().replace('-', '_') + "_", name));
        }
        compiled(classes).close();
    }
}
