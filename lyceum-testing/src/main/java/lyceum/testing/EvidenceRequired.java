package lyceum.testing;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a passing {@link Acceptance} test that recorded no {@link Evidence}. */
final class EvidenceRequired implements AfterTestExecutionCallback {

    @Override public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isEmpty() && Evidence.missing()) {
            var test = context.getRequiredTestMethod();
            throw new AssertionError(test.getDeclaringClass().getSimpleName() + "." + test.getName()
                    + " claims a clause and records nothing that it measured; Evidence.of(name, value, bound) does");
        }
    }
}
