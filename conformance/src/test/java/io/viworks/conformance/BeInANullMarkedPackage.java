package io.viworks.conformance;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;

/** Holds that every class lives in a package that is {@code @NullMarked}. */
final class BeInANullMarkedPackage extends ArchCondition<JavaClass> {
    static final BeInANullMarkedPackage CONDITION = new BeInANullMarkedPackage();

    private BeInANullMarkedPackage() {
        super("be in a @NullMarked package");
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
        boolean marked = type.getPackage().isAnnotatedWith(NullMarked.class);
        if (!marked) {
            events.add(
                    SimpleConditionEvent.violated(
                            type, type.getPackageName() + " is not @NullMarked"));
        }
    }
}
