package lyceum.labs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lyceum.labs.LabException;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabIndexTest {

    @Test void everyShippedLabStandsInTheIndexAndThoseThatAreLookedAtAsTheyAre() {
        var labs = Catalogue.load().topics().stream()
                .flatMap(t -> Article.find(t.slug()).flatMap(Article::lab).filter(LabClass::isThere).stream()).distinct().toList();

        assertThat(labs).hasSizeGreaterThan(16).allSatisfy(lab -> assertThat(LabIndex.shipped().find(lab)).isPresent());
        for (int i = 0; i < labs.size(); i += 16)
            assertThat(LabIndex.shipped().find(labs.get(i))).contains(LabClass.described(labs.get(i)));
    }

    @Test void aLabThatStandsInNoIndexIsDescribed() {
        assertThat(LabIndex.shipped().find("lyceum.labs.dummy.GoodLab")).isEmpty();
        assertThat(LabClass.of("lyceum.labs.dummy.GoodLab").parameters()).hasSize(4);
    }

    @Test void whatIsWrittenIsReadBack() {
        var good = LabClass.described("lyceum.labs.dummy.GoodLab");

        assertThat(LabIndex.parse(LabIndex.text(List.of(good))).find(good.name())).contains(good);
    }

    @Test void writerDescribesEveryLabBelowAFolder(@TempDir Path folder) throws IOException {
        copy("GoodLab", folder);
        write(folder);

        var index = LabIndex.parse(Files.readString(folder.resolve("lyceum/labs/parameters.json")));
        assertThat(index.size()).isEqualTo(1);
        assertThat(index.find("lyceum.labs.dummy.GoodLab")).contains(LabClass.described("lyceum.labs.dummy.GoodLab"));
    }

    @Test void writerRefusesALabThatFailsBeforeItHasAskedForItsParameters(@TempDir Path folder) throws IOException {
        copy("GoodLab", folder);
        copy("EarlyFailureLab", folder);

        assertThatThrownBy(() -> write(folder)).isInstanceOf(LabException.class).hasMessageContaining(
                "labs that cannot be described: lyceum.labs.dummy.EarlyFailureLab failed before it had asked for its parameters: the data are gone");
        assertThat(folder.resolve("lyceum/labs/parameters.json")).doesNotExist();
    }

    private static void write(Path folder) throws IOException { LabIndexWriter.write(folder, folder.resolve("kept"), List.of()); }

    private static void copy(String lab, Path folder) throws IOException {
        var file = Files.createDirectories(folder.resolve("lyceum/labs/dummy")).resolve(lab + ".class");
        Files.write(file, bytes("dummy/" + lab));
    }

    private static byte[] bytes(String name) throws IOException {
        try (var in = LabIndexTest.class.getResourceAsStream("/lyceum/labs/" + name + ".class")) {
            return in.readAllBytes();
        }
    }

    /** Builds one after another, each as a folder of labs, a folder below it and a jar. */
    private static final class Builds {
        private final Path labs;
        private final Path below;
        private final Path kept;

        Builds(Path folder) throws IOException {
            labs = Files.createDirectories(folder.resolve("labs/lyceum/labs/dummy")).getParent().getParent().getParent();
            below = Files.createDirectories(folder.resolve("below"));
            kept = folder.resolve("kept");
            for (var lab : List.of("GoodLab", "EchoLab", "UglyLab")) add(lab);
            Files.write(below.resolve("Verdict.class"), bytes("Verdict"));
        }

        void add(String lab) throws IOException { copy(lab, labs); }

        int described(Path... classPath) throws IOException { return LabIndexWriter.write(labs, kept, List.of(classPath)); }

        int described() throws IOException { return described(labs, below); }

        String index() throws IOException { return Files.readString(labs.resolve("lyceum/labs/parameters.json")); }
    }

    @Test void aBuildAfterWhichNothingChangedDescribesNothing(@TempDir Path folder) throws IOException {
        var builds = new Builds(folder);
        assertThat(builds.described()).isEqualTo(3);
        var index = builds.index();
        Files.delete(builds.labs.resolve("lyceum/labs/parameters.json"));
        for (var file : List.of(builds.labs.resolve("lyceum/labs/dummy/GoodLab.class"), builds.below.resolve("Verdict.class")))
            Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        for (var told : List.of("topics/pca.md", "lyceum/labs/ledger/seen.tsv", "lyceum/labs/ledger.txt", "lyceum/labs/dummy/GoodLab.java"))
            Files.writeString(
                    Files.createDirectories(builds.labs.resolve(told).getParent()).resolve(builds.labs.resolve(told).getFileName()), "new");
        assertThat(builds.described()).isZero();
        assertThat(builds.index()).isEqualTo(index);
    }

    @Test void aModuleIsTheSameInAFolderAndInAJar(@TempDir Path folder) throws IOException {
        var builds = new Builds(folder);
        assertThat(builds.described()).isEqualTo(3);
        var jar = folder.resolve("below.jar");
        try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (var entry : Map
                    .of("META-INF/MANIFEST.MF", "of the jar".getBytes(StandardCharsets.UTF_8), "Verdict.class", bytes("Verdict"))
                    .entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
            }
        }
        assertThat(builds.described(builds.labs, jar)).isZero();
    }

    @Test void onlyTheLabThatChangedIsDescribedAnew(@TempDir Path folder) throws IOException {
        var builds = new Builds(folder);
        builds.described();
        Files.write(builds.labs.resolve("lyceum/labs/dummy/GoodLab$Part.class"), bytes("Verdict"));
        assertThat(builds.described()).isEqualTo(1);
        builds.add("DrawingLab");
        assertThat(builds.described()).isEqualTo(1);
        Files.delete(builds.labs.resolve("lyceum/labs/dummy/EchoLab.class"));
        assertThat(builds.described()).isZero();
        assertThat(builds.index()).doesNotContain("EchoLab").contains("GoodLab", "UglyLab", "DrawingLab");
    }

    @Test void aLabThatNamesAnotherChangesWithIt(@TempDir Path folder) throws IOException {
        var builds = new Builds(folder);
        builds.described();
        // a nested class of UglyLab that names GoodLab's class, as its own nest host
        Files.write(builds.labs.resolve("lyceum/labs/dummy/UglyLab$Part.class"), bytes("dummy/GoodLab"));
        assertThat(builds.described()).isEqualTo(1);
        Files.write(builds.labs.resolve("lyceum/labs/dummy/GoodLab$Part.class"), bytes("Verdict"));
        assertThat(builds.described()).as("GoodLab and UglyLab, not EchoLab").isEqualTo(2);
    }

    @Test void aLabThatAHelperNamesChangesThemAll(@TempDir Path folder) throws IOException {
        var builds = new Builds(folder);
        Files.write(builds.labs.resolve("lyceum/labs/Helper.class"), bytes("dummy/GoodLab"));
        assertThat(builds.described()).isEqualTo(3);
        assertThat(builds.described()).isZero();
        Files.write(builds.labs.resolve("lyceum/labs/dummy/GoodLab$Part.class"), bytes("Verdict"));
        assertThat(builds.described()).isEqualTo(3);
    }

    @Test void whatLiesBelowChangesThemAll(@TempDir Path folder) throws IOException {
        var builds = new Builds(folder);
        builds.described();
        Files.write(builds.below.resolve("Verdict.class"), bytes("Bound"));
        assertThat(builds.described()).as("another class").isEqualTo(3);
        Files.writeString(builds.below.resolve("data.txt"), "1");
        assertThat(builds.described()).as("another file").isEqualTo(3);
        Files.writeString(builds.below.resolve("data.txt"), "2");
        assertThat(builds.described()).as("a file of the same length").isEqualTo(3);
        Files.delete(builds.below.resolve("data.txt"));
        assertThat(builds.described()).as("a file less").isEqualTo(3);
        Files.write(builds.labs.resolve("lyceum/labs/Verdict.class"), bytes("Verdict"));
        assertThat(builds.described()).as("a class beside the labs").isEqualTo(3);
    }

    @Test void withoutAClassPathOrWithADamagedFileAllAreDescribed(@TempDir Path folder) throws IOException {
        var builds = new Builds(folder);
        builds.described();
        assertThat(builds.described(new Path[0])).isEqualTo(3);
        for (var damaged : List.of("no hash", "0 {", "\n", "00 {}")) {
            Files.writeString(builds.kept, damaged);
            assertThat(builds.described()).as(damaged).isEqualTo(3);
        }
    }
}
