import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.PrintWriter;
import java.util.Arrays;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs the test classes, or methods ({@code Class#method}), named by the arguments in this JVM: for a JVM that Maven cannot start. The last line counts them. */
final class RunTests {

    private RunTests() {}

    private static DiscoverySelector selector(String name) { return name.contains("#") ? selectMethod(name) : selectClass(name); }

    public static void main(String[] args) {
        var summary = new SummaryGeneratingListener();
        var request = LauncherDiscoveryRequestBuilder.request().filters(TagFilter.excludeTags("heavy"))
                .selectors(Arrays.stream(args).map(RunTests::selector).toList()).build();
        LauncherFactory.create().execute(request, summary);
        var result = summary.getSummary();
        result.printFailuresTo(new PrintWriter(System.out, true), 20);
        System.out.println(result.getTestsSucceededCount() + " tests passed, " + result.getTotalFailureCount() + " failed, "
                + result.getTestsSkippedCount() + " skipped on " + System.getProperty("os.arch"));
        System.exit(result.getTotalFailureCount() == 0 && result.getTestsSucceededCount() > 0 ? 0 : 1);
    }
}
