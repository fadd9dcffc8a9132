"""Only what the portal uses of django-allauth, under names that the library knows."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("anmelden/", views.SignIn.as_view(), name="account_login"),
    path("abmelden/", views.SignOut.as_view(), name="account_logout"),
    path("passwort/", views.PasswordChange.as_view(), name="account_change_password"),
    path("passwort-vergessen/", views.PasswordForgotten.as_view(), name="password_forgotten"),
    path("passwort-vergessen/gesendet/", views.PasswordForgottenSent.as_view(), name="password_forgotten_sent"),
    path("zugang/<str:token>/", views.PasswordByLink.as_view(), name="password_link"),
]
