"""Accounts: an administrator makes them, changes roles, closes them, and helps who lost a second factor."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Patient, User
from intrathecal.workstation.clinic.models.people import Role
from intrathecal.workstation.rules import ADMINISTRATORS, NOBODY, Rule


class Account(forms.ModelForm):
    """Name, role, and whether somebody may log in."""

    patient_number = forms.CharField(
        label=gettext_lazy("Number of the patient whose record is theirs"),
        required=False,
        help_text=gettext_lazy("For the role Patient alone."),
    )

    class Meta:
        """Which of them."""

        model = User
        fields = ("username", "first_name", "last_name", "role", "is_active")
        labels: ClassVar = {"username": gettext_lazy("Name at login"), "is_active": gettext_lazy("May log in")}
        help_texts: ClassVar = {"username": "", "is_active": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.patient_id:
            self.fields["patient_number"].initial = self.instance.patient.number

    def clean_username(self) -> str:
        """Nobody else's, in capitals or not: who logs in as Ada is looked for as ada too, and two would lock each other out."""
        name: str = self.cleaned_data["username"]
        other = User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).first()
        if other is not None:
            raise forms.ValidationError(
                _("“%(name)s” has an account already: choose another name.") % {"name": other.username}
            )
        return name

    def clean(self) -> dict[str, Any]:
        """Whoever is a patient has a record, and nobody else has; somebody administers the clinic."""
        told: dict[str, Any] = super().clean() or {}
        if _last_administrator(self.instance) and not (
            told.get("role") == Role.ADMINISTRATOR and told.get("is_active")
        ):
            self.add_error("role", _("Nobody else administers this clinic: make another administrator first."))
        number = (told.get("patient_number") or "").strip()
        self.instance.patient = None
        if told.get("role") != Role.PATIENT:
            if number:
                self.add_error(
                    "patient_number", _("Only a patient has one: leave it empty, or choose the role Patient.")
                )
            return told
        patient = Patient.objects.filter(number=number).first()
        if patient is None:
            self.add_error("patient_number", _("There is no patient with this number: write it as in the record."))
        elif User.objects.filter(patient=patient).exclude(pk=self.instance.pk).exists():
            self.add_error("patient_number", _("This patient has an account already: change that one."))
        else:
            self.instance.patient = patient
        return told


class Password(forms.Form):
    """A password that an administrator sets; its owner has to change it at the first login."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters. Its owner has to choose another one at the first login."),
    )

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        """One that the rules for passwords allow."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self._user)
        return password


def accounts(request: HttpRequest) -> HttpResponse:
    """All accounts, and a form for a new one."""
    form, password = Account(request.POST or None, initial={"is_active": True}), Password(request.POST or None)
    if request.method == "POST" and form.is_valid() and password.is_valid():
        made = make(form, password)
        messages.success(request, _("%(name)s can log in now.") % {"name": made.username})
        return redirect("accounts")
    context = {"accounts": known(), "form": form, "password": password}
    return render(request, "workstation/accounts.html", context, status=422 if request.method == "POST" else 200)


def account(request: HttpRequest, account: int) -> HttpResponse:
    """One account: its role, and whether it is open."""
    one = get_object_or_404(User, pk=account)
    form = Account(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Kept."))
        return redirect("accounts")
    return _one(request, get_object_or_404(User, pk=account), form, Password())


def set_password(request: HttpRequest, account: int) -> HttpResponse:
    """A new password for somebody who lost theirs; their sessions end with it."""
    one = get_object_or_404(User, pk=account)
    form = Password(request.POST, user=one)
    if form.is_valid():
        give_password(one, form, request.user)
        messages.success(request, _("%(name)s has a new password.") % {"name": one.username})
        return redirect("accounts")
    return _one(request, one, Account(instance=one), form)


def reset_factor(request: HttpRequest, account: int) -> HttpResponse:
    """Take away second factors that were lost; the password alone counts until there is a new one."""
    one = get_object_or_404(User, pk=account)
    forget_factors(one)
    messages.success(request, _("%(name)s has no second factor any more.") % {"name": one.username})
    return redirect("accounts")


def make(form: Account, password: Password) -> User:
    """A new account, by forms that are valid."""
    form.instance.set_password(password.cleaned_data["password"])
    form.instance.must_change_password = True
    made: User = form.save()
    return made


def give_password(one: User, password: Password, by: User) -> None:
    """A new password, by a form that is valid; its owner chooses another one at once, unless it is the owner who gives it."""
    one.set_password(password.cleaned_data["password"])
    one.must_change_password = one.pk != by.pk
    one.save()
    trail.happened("password set", one)


def forget_factors(one: User) -> None:
    """One by one, so that each of them is in the audit trail."""
    for authenticator in Authenticator.objects.filter(user=one):
        authenticator.delete()


def known() -> QuerySet[User]:
    """All accounts, each with the number of its second factors; those that are open first."""
    return User.objects.annotate(factors=Count("authenticator")).order_by("-is_active", "role", "username")


def _one(request: HttpRequest, one: User, form: Account, password: Password) -> HttpResponse:
    factors = Authenticator.objects.filter(user=one).count()
    context = {"account": one, "form": form, "password": password, "factors": factors}
    return render(request, "workstation/account.html", context, status=422 if request.method == "POST" else 200)


def _last_administrator(one: User) -> bool:
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=one.pk)
    return one.pk is not None and one.role == Role.ADMINISTRATOR and one.is_active and not others.exists()


urlpatterns = [
    path("accounts/", accounts, name="accounts"),
    path("accounts/<int:account>/", account, name="person"),
    path("accounts/<int:account>/password/", set_password, name="person_password"),
    path("accounts/<int:account>/second-factor/", reset_factor, name="person_factor"),
]
RULES = {
    "accounts": Rule(ADMINISTRATORS, ADMINISTRATORS),
    "person": Rule(ADMINISTRATORS, ADMINISTRATORS),
    "person_password": Rule(NOBODY, ADMINISTRATORS),
    "person_factor": Rule(NOBODY, ADMINISTRATORS),
}
NAVIGATION = (("accounts", gettext_lazy("Accounts")),)
