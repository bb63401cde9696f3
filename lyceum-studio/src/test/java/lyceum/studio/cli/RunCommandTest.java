package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class RunCommandTest {

    @Test void jsonHasTheAgreedShape() {
        var run = lyceum("run", "k-means", "--param", "k=12", "--seed", "7", "--json");
        assertThat(run.code()).isZero();
        var result = JsonMapper.shared().readTree(run.out());
        assertThat(result.propertyNames()).containsExactly("slug", "seed", "params", "seconds", "checks", "figures", "tables");
        assertThat(result.path("slug").asString()).isEqualTo("k-means");
        assertThat(result.path("seed").asInt()).isEqualTo(7);
        assertThat(result.path("params").path("k").asInt()).isEqualTo(12);
        assertThat(result.path("params").path("noise").asDouble()).isEqualTo(0.1);
        assertThat(result.path("checks").get(0).propertyNames()).containsExactly("name", "clause", "value", "expected", "holds", "verdict");
        assertThat(run.err()).isEmpty();
    }

    @Test void failedCheckExitsWithOne() {
        var run = lyceum("run", "k-means", "--seed", "13");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("fails", "1 of 2 checks hold.", "/t/k-means?seed=13");
    }

    @Test void otherParametersAreNotTheClausesSettingAndFailNothing() {
        var run = lyceum("run", "k-means", "-p", "tight=true");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("not the clause's setting", "differs at this setting",
                "0 of 0 checks hold. 2 belong to the default parameters.", "/t/k-means?tight=true").doesNotContain("fails");
        var checks = JsonMapper.shared().readTree(lyceum("run", "k-means", "-p", "tight=true", "--json").out()).path("checks");
        assertThat(checks.get(0).path("verdict").asString()).isEqualTo("not the clause's setting");
        assertThat(checks.get(0).path("holds").isNull()).isTrue();
    }

    @Test void textShowsParametersTablesChecksAndVerdict() {
        var run = lyceum("run", "k-means");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("K-Means Clustering: A bad start ends in a worse optimum", "k 10 · noise 0.1 · tight false · seed 1",
                "Step 3 of 10.", "Inertia by iteration", "Centres, by size", "total = within + between", "4.4e-12", "below 1e-9", "holds",
                "2 of 2 checks hold. In the browser: lyceum studio, then /t/k-means\n");
        assertThat(run.out().lines()).allSatisfy(l -> assertThat(TextWidth.of(l)).isLessThanOrEqualTo(80));
    }

    @Test void parameterOutOfBoundsNamesItAndItsBounds() {
        var above = lyceum("run", "k-means", "--param", "k=21");
        assertThat(above.code()).isEqualTo(2);
        assertThat(above.err()).contains("is 21; it lies between 2 and 20");
        assertThat(above.out()).isEmpty();
        assertThat(lyceum("run", "k-means", "--param", "k=many").err()).contains("'many'", "between 2 and 20");
        assertThat(lyceum("run", "k-means", "--param", "k=many").code()).isEqualTo(2);
        assertThat(lyceum("run", "k-means", "--param", "noise=NaN").code()).isEqualTo(2);
    }

    @Test void unknownParameterListsTheLabs() {
        var run = lyceum("run", "k-means", "--param", "q=1");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("'q'", "k (between 2 and 20)");
        assertThat(lyceum("run", "k-means", "--param", "k").code()).isEqualTo(2);
        assertThat(lyceum("run", "k-means", "--seed", "one").code()).isEqualTo(2);
    }

    @Test void parametersAreListed() { assertThat(lyceum("run", "k-means", "--params").out()).contains("noise", "0.1", "between 0 and 1"); }

    @Test void topicWithoutLabIsAUsageErrorThatNamesWhatRuns() {
        var run = lyceum("run", "gaussian-mixture");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("gaussian-mixture has no lab yet; these have one and lead there: k-means");
    }

    @Test void labThatThrowsExitsWithOneAndSaysWhy() {
        var run = lyceum("run", "broken-lab", "--json");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("The lab of broken-lab failed", "the wheel came off");
    }

    @Test void outWritesJsonFiguresAndTables(@TempDir Path folder) throws IOException {
        var run = lyceum("run", "k-means", "--out", folder.resolve("a/b").toString());
        assertThat(run.code()).isZero();
        assertThat(JsonMapper.shared().readTree(Files.readString(folder.resolve("a/b/run.json"))).path("slug").asString())
                .isEqualTo("k-means");
        assertThat(folder.resolve("a/b/table-1-centres-by-size.csv")).content()
                .isEqualTo("name,size\r\n\"first, \"\"big\"\"\",12\r\nsecond,3.25\r\n");
        assertThat(run.err()).contains("run.json");
        assertThat(folder.resolve("a/b/figure-1-inertia-by-iteration.svg")).content().startsWith("<svg").contains("inertia");
        assertThat(Files.readAllBytes(folder.resolve("a/b/figure-1-inertia-by-iteration.png"))).startsWith(0x89, 'P', 'N', 'G');
        assertThat(folder.resolve("a/b/figure-1-inertia-by-iteration.csv")).content().startsWith("iteration");
    }

    @Test void outThatIsAFileIsAUsageError(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("taken"), "");
        var run = lyceum("run", "k-means", "--out", file.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("a file; it has to be a folder");
    }

    @Test void progressIsDrawnOnATerminalOnlyAndCleared() {
        var run = CommandFixture.on(true, "run", "k-means");
        assertThat(run.err()).contains("steps  ", " of 3").endsWith("\r\u001b[K");
        assertThat(lyceum("run", "k-means").err()).isEmpty();
    }
}
